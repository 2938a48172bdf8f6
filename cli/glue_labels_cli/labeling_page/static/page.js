// The page: sends keys and clicks as requests, and shows the responses.

import { commandOf } from "./keys.js";
import { leave, Refused, request, takeToken } from "./requests.js";
import { choose, focusRow, say, scroll, scrollBack, show, showMessage } from "./view.js";

const filter = document.getElementById("filter");
const text = document.getElementById("text");
const which = document.getElementById("show");

/** What the page shows, and the row that keys label. */
let view = null;
let cursor = 0;

/** Commands run one after the other. Each uses the view at the time when it runs. */
let turn = Promise.resolve();
let queued = 0;

const filtered = () => which.value !== "all" || text.value !== "";
const withFilter = (body = {}) => ({ show: which.value, text: text.value, ...body });

const COMMANDS = {
  up: () => move(-1),
  down: () => move(1),
  previous: () => go(view.navigation.previous),
  next: () => go(view.navigation.next),
  unlabeled: () => go(view.navigation.unlabeled),
  skip: async () => open(await request("/skip", withFilter({ set: view.set.number }))),
  put: ({ key, row = cursor }) => act({ action: "put", row, key }, row + 1),
  clear: () => act({ action: "clear", row: cursor }, cursor),
  same: () => act({ action: "same" }, cursor),
  different: () => act({ action: "different" }, cursor),
  undo: () => back("/undo", "Undone and saved."),
  redo: () => back("/redo", "Redone and saved."),
  scroll: ({ by }) => scroll(by),
  filter: () => text.select(),
  rows: () => focusRow(),
  search: async () => open(await request("/view", withFilter({ set: filtered() ? null : view.set.number }))),
  again: async () => {
    await request("/read-again");
    const next = await request("/view", withFilter());
    view = null;
    open(next);
    say("saved", "File read again.");
  },
  enter: async ({ take_over = false }) => {
    await request("/enter", { take_over });
    showMessage("");
    open(await request("/view", withFilter({ set: view?.set.number ?? null })));
  },
  end: async () => {
    const { text: done } = await request("/end");
    say("saved", "");
    showMessage(`${done} The labeling page has ended. You can close this tab.`, { blocking: true, calm: true });
    document.getElementById("end").disabled = true;
  },
};

function run(command) {
  // A key that is held down sends commands faster than the server responds.
  if (queued > 50) return;
  queued += 1;
  turn = turn
    .then(() => (view || command.name === "enter" ? COMMANDS[command.name](command) : null))
    .catch((error) => explain(error))
    .finally(() => {
      queued -= 1;
    });
}

async function act(action, next) {
  const { number } = view.set;
  view = await request("/act", withFilter({ set: number, ...action }));
  cursor = Math.min(next, view.set.rows.length - 1);
  display("Saved.");
}

async function back(path, text) {
  const { number } = view.set;
  const after = await request(path, withFilter({ set: number }));
  if (after.set.number === number) view = after;
  else open(after);
  display(text);
}

async function go(number) {
  if (number !== null) open(await request("/view", withFilter({ set: number })));
}

/** Show a view. If it is another set, choose its first unlabeled row. */
function open(next) {
  const other = next.set.number !== view?.set.number;
  view = next;
  if (other) {
    cursor = Math.max(0, view.set.rows.findIndex((row) => row.group === null));
    scrollBack();
  }
  cursor = Math.min(cursor, view.set.rows.length - 1);
  display("");
}

function display(saved) {
  showMessage("");
  show(view, cursor, filtered());
  choose(cursor);
  say("saved", saved);
}

function move(by) {
  cursor = Math.min(Math.max(cursor + by, 0), view.set.rows.length - 1);
  choose(cursor);
}

function explain(error) {
  if (!(error instanceof Refused)) throw error;
  say("saved", "");
  const then = (button, command) => ({ button, blocking: true, act: () => run(command) });
  switch (error.reason) {
    case "other-page":
      return showMessage(`${error.message} Only one page at a time can label it.`, then("Label here instead", { name: "enter", take_over: true }));
    case "changed-on-disk":
      return showMessage(error.message, then("Read the file again", view ? { name: "again" } : { name: "enter" }));
    case "cannot-label":
      return showMessage(`The file cannot be labeled as it is now.\n${error.message}`, then("Read the file again", { name: "again" }));
    case "ended":
      return showMessage("The labeling page has ended. All labels that it showed as saved are in the file. To continue, run glue-labels label again.", { blocking: true });
    case "no-token":
      return showMessage(error.message, { blocking: true });
    default:
      return showMessage(error.message);
  }
}

document.addEventListener("keydown", (event) => {
  const command = commandOf(event);
  const { inert, hidden } = document.getElementById("labeling");
  if (!command || inert || hidden) return;
  event.preventDefault();
  run(command);
});

document.addEventListener("click", (event) => {
  const row = event.target.closest("tr[data-row]");
  const button = event.target.closest("button");
  if (row && button) run({ name: "put", key: button.dataset.key, row: Number(row.dataset.row) });
  else if (button?.dataset.command) run({ name: button.dataset.command });
  else if (row && getSelection().isCollapsed) {
    cursor = Number(row.dataset.row);
    choose(cursor);
  }
});

let typing = 0;
filter.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => run({ name: "search" }), 150);
});
filter.addEventListener("submit", (event) => event.preventDefault());

addEventListener("pagehide", leave);
addEventListener("pageshow", (event) => event.persisted && location.reload());
addEventListener("hashchange", () => {
  takeToken();
  location.reload();
});

takeToken();
run({ name: "enter" });
