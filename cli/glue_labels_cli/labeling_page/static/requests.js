// Requests to the server, each with the token of the address.

const page = crypto.randomUUID();

/** What the server refuses; `reason` is its word for why, "ended" if there is no server any more. */
export class Refused extends Error {
  constructor(reason, text) {
    super(text);
    this.reason = reason;
  }
}

/** Move the token from the address bar into this tab's storage, where a reload finds it. */
export function takeToken() {
  if (location.hash.length > 1) {
    sessionStorage.setItem("token", location.hash.slice(1));
    history.replaceState(null, "", location.pathname);
  }
}

/** Return the server's response to a request; `body` is what it says besides the page's name. */
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
