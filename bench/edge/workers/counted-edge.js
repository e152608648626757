import edge, { Host, Sandbox, Workspace } from "../../../worker/main.ts";

/**
 * The edge with its bindings counted: each call of an object's method and each KV operation, by the Worker and by
 * objects apart. Those of the Worker delay its request. One isolate runs both, so one tally holds all.
 */
const tally = {};

class CountedHost extends Host {
  constructor(context, environment) {
    super(context, counted(environment, "object"));
  }
}
class CountedSandbox extends Sandbox {
  constructor(context, environment) {
    super(context, counted(environment, "object"));
  }
}
class CountedWorkspace extends Workspace {
  constructor(context, environment) {
    super(context, counted(environment, "object"));
  }
}

export { CountedHost as Host, CountedSandbox as Sandbox, CountedWorkspace as Workspace };

export default {
  fetch(request, environment, context) {
    if (request.headers.get("host") !== "tally") return edge.fetch(request, workerView(environment), context);
    const response = Response.json(tally);
    for (const name of Object.keys(tally)) delete tally[name];
    return response;
  },
};

/** The edge keeps its isolate's state by environment, so there must be one view of each environment. */
const views = new WeakMap();

function workerView(environment) {
  let view = views.get(environment);
  if (view === undefined) {
    view = counted(environment, "worker");
    views.set(environment, view);
  }
  return view;
}

function counted(environment, by) {
  const view = { ...environment };
  for (const name of ["SANDBOX", "WORKSPACE", "HOST"])
    view[name] = { getByName: (id) => countCalls(environment[name].getByName(id), () => `${by} calls`) };
  view.POLICY = countCalls(environment.POLICY, (method) => `${by} kv ${method}`);
  return view;
}

function countCalls(target, nameOf) {
  return new Proxy(target, {
    get(_, method) {
      return (...args) => {
        const name = nameOf(method);
        tally[name] = (tally[name] ?? 0) + 1;
        return target[method](...args);
      };
    },
  });
}
