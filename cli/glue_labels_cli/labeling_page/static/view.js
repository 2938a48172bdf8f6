// Shows the server's view of a labeling set.

const COLORS = 8;

const at = (id) => document.getElementById(id);

/** Return an element with attributes and content. Texts are never parsed as HTML. */
function element(name, attributes = {}, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...content);
  return made;
}

const counted = (count, one, many) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

/** Show a view. Keys label the row `cursor`. */
export function show(view, cursor, filtered) {
  const { progress, navigation, set } = view;
  at("labeling").hidden = false;
  at("labeling").inert = false;
  document.title = `${progress.labeled} of ${progress.sets} – ${view.file}`;
  at("file").textContent = view.file;
  at("bar").max = progress.sets;
  at("bar").value = progress.labeled;
  say("progress", progressText(progress));
  say("finished", progress.labeled === progress.sets ? finishedText(view) : "");
  say("matching", filtered ? matchingText(navigation.matching) : "");
  at("set-id").textContent = set.id;
  at("set-state").replaceChildren(...stateOf(set, progress));
  at("common").replaceChildren(...commonValues(set));
  at("records").replaceChildren(head(set), body(set, cursor));
  at("notes").replaceChildren(...notes(set));
  enable("previous", navigation.previous !== null);
  enable("next", navigation.next !== null);
  enable("unlabeled", navigation.unlabeled !== null);
  enable("skip", navigation.unlabeled !== null);
  enable("undo", progress.undo);
  enable("redo", progress.redo);
}

/** Choose the row that keys label. It gets the focus unless the filter has it. */
export function choose(cursor) {
  const rows = at("records").querySelectorAll("tbody tr");
  rows.forEach((row, index) => {
    row.tabIndex = index === cursor ? 0 : -1;
    row.setAttribute("aria-selected", String(index === cursor));
  });
  if (!document.activeElement?.closest("#filter")) focusRow();
}

/** Give the focus to the chosen row. */
export function focusRow() {
  at("records").querySelector('tr[tabindex="0"]')?.focus();
}

/** Scroll the columns to the left or right. */
export function scroll(by) {
  const records = at("records").parentElement;
  records.scrollBy(by * 0.5 * records.clientWidth, 0);
}

/** Scroll to the first columns and rows. */
export function scrollBack() {
  at("records").parentElement.scrollTo(0, 0);
}

/** Set the text of a live region. Screen readers speak it when it changes. */
export function say(id, text) {
  if (at(id).textContent !== text) at(id).textContent = text;
}

/** Show a message above the set. With `blocking`, nothing can be labeled until it is gone. */
export function showMessage(text, { button = null, blocking = false, act = null, calm = false } = {}) {
  const content = text === "" ? [] : [element("p", {}, text)];
  if (button) {
    const made = element("button", { type: "button" }, button);
    made.addEventListener("click", act);
    content.push(made);
  }
  at("message").className = calm ? "calm" : "";
  at("message").replaceChildren(...content);
  at("labeling").inert = blocking;
  if (blocking && button) at("message").querySelector("button").focus();
}

function enable(command, enabled) {
  document.querySelector(`[data-command="${command}"]`).disabled = !enabled;
}

function progressText({ labeled, sets, skipped }) {
  const left = skipped ? ` · ${skipped.toLocaleString("en")} skipped` : "";
  return `${labeled.toLocaleString("en")} of ${counted(sets, "set", "sets")}${left}`;
}

function finishedText({ file, progress }) {
  return `${progress.sets === 1 ? "The only set is" : `All ${counted(progress.sets, "set", "sets")} are`} labeled. Next: glue-labels check ${file}`;
}

function matchingText(count) {
  return count ? `${counted(count, "set", "sets")} found` : "No set found";
}

function stateOf(set, progress) {
  const rows = set.rows.filter((row) => row.group !== null).length;
  const state = set.labeled
    ? element("strong", { class: "done" }, "Labeled")
    : element("strong", {}, rows ? `${rows} of ${set.size} rows labeled` : "Not labeled yet");
  const more = set.size > set.rows.length ? `, the first ${set.rows.length} shown` : "";
  const where = `Set ${(set.number + 1).toLocaleString("en")} of ${progress.sets.toLocaleString("en")}`;
  return [`${where} · ${counted(set.size, "row", "rows")}${more} · `, state];
}

/** Return the values that all rows share. A narrow page shows them here instead of in the table. */
function commonValues(set) {
  const equal = set.columns.flatMap((column, index) => (column.equal && set.rows.length > 1 ? [index] : []));
  const texts = equal
    .map((index) => [set.columns[index].name, set.rows[0].cells[index].map(([, text]) => text).join("")])
    .filter(([, value]) => value !== "");
  if (!texts.length) return [];
  return ["Equal in all rows: ", ...texts.flatMap(([name, value], index) => [
    `${index ? ", " : ""}${name} `,
    element("b", {}, value),
  ])];
}

function head(set) {
  return element(
    "thead",
    { role: "rowgroup" },
    element(
      "tr",
      { role: "row" },
      element("th", { role: "columnheader", scope: "col" }, "label"),
      ...set.columns.map(({ name, equal }) =>
        element("th", { role: "columnheader", scope: "col", class: equal ? "equal" : null }, name),
      ),
    ),
  );
}

function body(set, cursor) {
  return element(
    "tbody",
    { role: "rowgroup" },
    ...set.rows.map((row, index) =>
      element(
        "tr",
        {
          role: "row",
          tabindex: index === cursor ? 0 : -1,
          "aria-selected": String(index === cursor),
          "aria-label": `Row ${index + 1}, ${row.group === null ? "no label" : `label ${row.label}`}`,
          class: row.group === null ? null : `group-${row.group % COLORS}`,
          "data-row": index,
        },
        element("td", { role: "gridcell", class: "label" }, groups(set, row, index)),
        ...row.cells.map((parts, column) => cell(parts, set.columns[column])),
      ),
    ),
  );
}

/** Return a button for each group of the set and one for a new group. */
function groups(set, row, index) {
  const buttons = set.groups.map(({ label, key }, group) =>
    element(
      "button",
      {
        type: "button",
        tabindex: -1,
        class: `group group-${group % COLORS}`,
        "aria-pressed": String(row.group === group),
        "aria-label": `Row ${index + 1}: label ${label}`,
        title: key && key !== label ? `${label} (key ${key})` : label,
        "data-key": key,
        disabled: key ? null : "",
      },
      element("span", {}, label),
      ...(key && key !== label ? [element("kbd", {}, key)] : []),
    ),
  );
  if (set.next_key) {
    buttons.push(
      element(
        "button",
        {
          type: "button",
          tabindex: -1,
          class: "group new",
          "aria-label": `Row ${index + 1}: new group ${set.next_key}`,
          title: `New group ${set.next_key}`,
          "data-key": set.next_key,
        },
        `+ ${set.next_key}`,
      ),
    );
  }
  return element("div", { class: "groups", role: "group", "aria-label": `Label of row ${index + 1}` }, ...buttons);
}

function cell(parts, { name, equal }) {
  const content = parts.map(([kind, text]) =>
    kind === "same" ? text : element("mark", { class: kind === "gap" ? "gap" : null }, text),
  );
  return element(
    "td",
    { role: "gridcell", "data-column": name, class: equal ? "equal" : null },
    element("span", { class: "value" }, ...content),
  );
}

function notes(set) {
  if (!set.notes.length) return [element("li", { class: "fine" }, "No errors or warnings.")];
  return set.notes.map(({ severity, rule, problem, remedy }) =>
    element(
      "li",
      { class: severity },
      element("strong", {}, severity === "error" ? "Error" : "Warning"),
      ` ${problem.charAt(0).toUpperCase()}${problem.slice(1)} `,
      element("code", {}, rule),
      element("p", {}, remedy),
    ),
  );
}
