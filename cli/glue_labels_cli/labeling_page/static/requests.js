// Requests to the server. Each has the token of the address.

const page = crypto.randomUUID();

/** The server refused a request. `reason` says why; "ended" means that the server does not respond. */
export class Refused extends Error {
  constructor(reason, text) {
    super(text);
    this.reason = reason;
  }
}

/** Move the token from the address bar to the tab's sessionStorage, so that a reload finds it. */
export function takeToken() {
  if (location.hash.length > 1) {
    sessionStorage.setItem("token", location.hash.slice(1));
    history.replaceState(null, "", location.pathname);
  }
}

/** Send a request and return the response. `body` is sent with the name of the page. */
export async function request(path, body = {}) {
  let response;
  try {
    response = await send(path, body);
  } catch {
    throw new Refused("ended", "The labeling page has ended.");
  }
  const content = await response.json();
  if (!response.ok) throw new Refused(response.status === 403 ? "no-token" : content.reason, content.text);
  return content;
}

/** Tell the server that this page is closed. */
export function leave() {
  send("/leave", {}, true).catch(() => {});
}

function send(path, body, keepalive = false) {
  return fetch(path, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Authorization: `Bearer ${sessionStorage.getItem("token") ?? ""}`,
    },
    body: JSON.stringify({ page, ...body }),
    keepalive,
  });
}
