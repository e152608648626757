/** What a Worker costs that asks nobody. */
export default {
  fetch() {
    return new Response("twenty-one bytes here");
  },
};
