/** Escapes text for an element's content and for an attribute in double quotes. Takes linear time. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
