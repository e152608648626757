/** The reference page's only stylesheet; its hash is in the page's Content-Security-Policy. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1c2024;--soft:#60646c;--line:#e0e1e6;--paper:#fcfcfd;--card:#fff;--mark:#3e63dd;--good:#218358;--warm:#ab6400;--bad:#ce2c31}
@media(prefers-color-scheme:dark){:root{--ink:#edeef0;--soft:#b0b4ba;--line:#2e3135;--paper:#111113;--card:#18191b;--mark:#9eb1ff;--good:#3dd68c;--warm:#ffca16;--bad:#ff9592}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.6 system-ui,-apple-system,"Segoe UI",sans-serif}
.frame{display:grid;grid-template-columns:17rem minmax(0,1fr);max-width:84rem;margin:0 auto}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem}
nav{position:sticky;top:0;align-self:start;max-height:100vh;overflow:auto;padding:2rem 1rem 2rem 1.5rem;border-right:1px solid var(--line)}
nav summary{cursor:pointer;font-weight:600}
nav h2{margin:1.2rem 0 .3rem;color:var(--soft);font-size:.78rem;letter-spacing:.05em;text-transform:uppercase}
nav ul{list-style:none;margin:0;padding:0}
nav a{display:flex;gap:.5rem;align-items:baseline;padding:.22rem 0;color:var(--ink);font-size:.9rem;line-height:1.35;text-decoration:none}
nav a:hover{color:var(--mark)}
main{padding:2.2rem 2rem 5rem;min-width:0}
h1{margin:0;font-size:2rem;line-height:1.2;letter-spacing:-.02em}
.lead{max-width:46rem;color:var(--soft)}
section>h2{margin:3.2rem 0 0;font-size:1.4rem;letter-spacing:-.01em}
section>p{margin:.2rem 0 1.2rem;color:var(--soft)}
a{color:var(--mark)}
:focus-visible{outline:2px solid var(--mark);outline-offset:2px;border-radius:4px}
code,pre{font:.88em/1.55 ui-monospace,SFMono-Regular,Menlo,monospace}
code{overflow-wrap:anywhere}
article{margin:1rem 0;padding:1.3rem 1.5rem 1.4rem;border:1px solid var(--line);border-radius:14px;background:var(--card)}
article:target{border-color:var(--mark)}
h3{margin:0;font-size:1.08rem}
h3 a{color:inherit;text-decoration:none}h3 a:hover{color:var(--mark)}
.line{display:flex;flex-wrap:wrap;gap:.6rem;align-items:baseline;margin:.35rem 0 .7rem}
.method{flex:none;font:700 .72rem/1.5 ui-monospace,monospace;letter-spacing:.04em;color:var(--mark)}
nav .method{width:2.6rem;font-size:.62rem}
.put{color:var(--warm)}.post{color:var(--good)}.delete{color:var(--bad)}
.who{margin-left:auto;padding:.05rem .6rem;border:1px solid var(--line);border-radius:99px;color:var(--soft);font-size:.78rem;white-space:nowrap}
.split{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,26rem);gap:1.6rem;margin-top:.9rem}
.split>div{min-width:0}
article p{margin:.3rem 0}
.split p{color:var(--soft);font-size:.9rem}
h4{margin:1.1rem 0 .3rem;color:var(--soft);font-size:.78rem;letter-spacing:.05em;text-transform:uppercase}
.split>div>h4:first-child{margin-top:0}
dl{margin:0}
dt{display:flex;flex-wrap:wrap;gap:.15rem .6rem;align-items:baseline;padding-top:.45rem;border-top:1px solid var(--line)}
dt .type{color:var(--soft);font-size:.82rem;overflow-wrap:anywhere}
dt .must{color:var(--warm);font-size:.75rem}
dd{margin:0 0 .45rem;color:var(--soft);font-size:.9rem}
pre{margin:0;padding:.85rem 1rem;border:1px solid var(--line);border-radius:10px;background:var(--paper);white-space:pre-wrap;overflow-wrap:anywhere;font-size:.8rem}
details.refusals{margin-top:1.1rem}
details.refusals summary{cursor:pointer;color:var(--soft);font-size:.9rem}
footer{margin-top:3rem;color:var(--soft);font-size:.85rem}
@media(max-width:64rem){.split{grid-template-columns:minmax(0,1fr);gap:.4rem}}
@media(max-width:48rem){
.frame{display:block}
nav{position:static;max-height:none;padding:.9rem 1rem;border-right:0;border-bottom:1px solid var(--line)}
nav a{padding:.45rem 0}
main{padding:1.4rem 1rem 4rem}
h1{font-size:1.6rem}
article{padding:1rem;border-radius:12px}
.who{margin-left:0}
}
@media(min-width:48.01rem){@supports selector(::details-content){nav summary{display:none}nav details::details-content{content-visibility:visible;block-size:auto}}}
@media print{nav{display:none}.frame{display:block}}
`;
