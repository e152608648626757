/** The least that a proxy in workerd can do: send the request on, and return what comes back as it is. */
export default {
  fetch(request, { ORIGIN }) {
    return fetch(new Request(ORIGIN, request), { redirect: "manual" });
  },
};
