// The commands of the keys.

const COMMANDS = {
  ArrowUp: { name: "up" },
  ArrowDown: { name: "down" },
  ArrowLeft: { name: "previous" },
  ArrowRight: { name: "next" },
  Enter: { name: "unlabeled" },
  " ": { name: "skip" },
  "=": { name: "same" },
  "-": { name: "different" },
  Backspace: { name: "clear" },
  Delete: { name: "clear" },
  "/": { name: "filter" },
};

/** Return the command of a keyboard event; null if the key is for the element that has the focus. */
export function commandOf(event) {
  if (event.altKey || event.isComposing) return null;
  if (event.target.closest("input, select")) {
    return event.key === "Escape" || (event.key === "Enter" && event.target.matches("input"))
      ? { name: "rows" }
      : null;
  }
  if (event.ctrlKey || event.metaKey) {
    const key = event.key.toLowerCase();
    if (key === "z") return { name: event.shiftKey ? "redo" : "undo" };
    return key === "y" ? { name: "redo" } : null;
  }
  if (event.target.closest("button") && (event.key === "Enter" || event.key === " ")) return null;
  if (event.shiftKey && event.key === "ArrowLeft") return { name: "scroll", by: -1 };
  if (event.shiftKey && event.key === "ArrowRight") return { name: "scroll", by: 1 };
  if (/^[1-9a-z]$/i.test(event.key)) return { name: "put", key: event.key.toUpperCase() };
  return COMMANDS[event.key] ?? null;
}
