/** The least that a proxy in workerd can do: forward the request, and return the response as it is. */
export default {
  fetch(request, { ORIGIN }) {
    return fetch(new Request(ORIGIN, request), { redirect: "manual" });
  },
};
