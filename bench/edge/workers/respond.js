/** The least that any Worker costs: it responds by itself. */
export default {
  fetch() {
    return new Response("twenty-one bytes here");
  },
};
