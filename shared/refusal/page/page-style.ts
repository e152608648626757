import type { InlineText } from "./inline-text.ts";

/** The style of all of our pages. Colours have a contrast of at least 4.5 (WCAG 2.2, 1.4.3). */
export const PAGE_STYLE: InlineText = {
  sha256: "VCuZ1h8kNBSs4AtNWctynoi+i9QR4yslH0uvSK1TLnU=",
  text: `
:root{color-scheme:light dark;--ink:#1c2024;--soft:#5b5f67;--line:#e0e1e6;--paper:#f6f7f9;--card:#fff;--mark:#3451c7;--on-mark:#fff;--tint:#eef1fd}
@media(prefers-color-scheme:dark){:root{--ink:#edeef0;--soft:#b0b4ba;--line:#303338;--paper:#0f1012;--card:#18191b;--mark:#9eb1ff;--on-mark:#10131f;--tint:#1f2435}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;min-height:100svh;display:grid;place-items:center;padding:2rem 1rem;background:var(--paper);color:var(--ink);font:1rem/1.6 system-ui,-apple-system,"Segoe UI",sans-serif;overflow-wrap:anywhere}
main{width:100%;max-width:36rem;padding:2.5rem 2.75rem 1.5rem;border:1px solid var(--line);border-radius:16px;background:var(--card);box-shadow:0 1px 2px #0000000a,0 12px 32px -16px #0000001f}
.eyebrow{margin:0 0 .75rem;color:var(--mark);font:600 .8125rem/1.4 ui-monospace,SFMono-Regular,Menlo,monospace;letter-spacing:.03em}
h1{margin:0 0 .5rem;font-size:1.625rem;line-height:1.25;letter-spacing:-.015em}
h2{margin:0 0 .25rem;font-size:.875rem;line-height:1.5}
p{margin:.4rem 0}
.lead{color:var(--ink)}
.soft,aside p{color:var(--soft)}
code{font:.9em/1.5 ui-monospace,SFMono-Regular,Menlo,monospace}
a{color:var(--mark);text-underline-offset:.15em}
:focus-visible{outline:2px solid var(--mark);outline-offset:2px;border-radius:6px}
ul.ports{list-style:none;display:flex;flex-wrap:wrap;gap:.5rem;margin:.5rem 0 0;padding:0}
ul.ports>li{font:500 .9rem/1.4 ui-monospace,SFMono-Regular,Menlo,monospace}
ul.ports a,ul.ports>li:not(:has(a)){display:block;padding:.3rem .8rem;border:1px solid var(--line);border-radius:99px;text-decoration:none}
ul.ports a:hover{border-color:var(--mark)}
.wait{display:flex;align-items:center;gap:.65rem;margin-top:1.25rem;color:var(--soft)}
.wait::before{content:"";flex:none;width:.6rem;height:.6rem;border-radius:50%;background:var(--mark);animation:pulse 1.6s ease-in-out infinite}
.wait.done::before{animation:none}
[role=timer]{font-variant-numeric:tabular-nums}
@keyframes pulse{50%{opacity:.25}}
@media(prefers-reduced-motion:reduce){.wait::before{animation:none}}
.actions{display:flex;flex-wrap:wrap;gap:.6rem;margin-top:1.25rem}
.actions a{padding:.5rem 1.1rem;border-radius:9px;background:var(--mark);color:var(--on-mark);font-weight:600;font-size:.9375rem;text-decoration:none}
.actions a:hover{text-decoration:underline}
[hidden]{display:none!important}
.notice{margin-top:1.25rem;padding:.75rem 1rem;border-left:3px solid var(--mark);border-radius:4px 9px 9px 4px;background:var(--tint)}
aside{margin-top:1.75rem;padding-top:1.1rem;border-top:1px solid var(--line);font-size:.9375rem}
footer{display:flex;flex-wrap:wrap;gap:.15rem 1.25rem;margin-top:1.75rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--soft);font-size:.8125rem;line-height:1.9}
footer a{color:inherit}
footer .report{flex-basis:100%}
@media(max-width:30rem){
body{place-items:start stretch;padding:0}
main{min-height:100vh;min-height:100svh;padding:2rem 1.25rem 1rem;border:0;border-radius:0;box-shadow:none;background:var(--paper)}
h1{font-size:1.4375rem}
}
`,
};
