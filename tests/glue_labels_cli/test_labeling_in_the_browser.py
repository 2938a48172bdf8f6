"""The labeling page in a real browser, by keyboard."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from chromium import CHROMIUM, MISSING, press, ready, started
from label_pages import UNLABELED
from playwright.sync_api import Browser, Page, expect

from glue_labels_cli.labeling_page.server import PageServer
from glue_labels_cli.labeling_page.session import open_session

if TYPE_CHECKING:
    from collections.abc import Iterator

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium."""
    if CHROMIUM is None:
        pytest.skip(MISSING)
    with started() as chromium:
        yield chromium


@pytest.fixture
def server(file: Path) -> Iterator[PageServer]:
    """The file's labeling page."""
    session = open_session(file)
    try:
        with PageServer(session, 0).serving() as serving:
            yield serving
    finally:
        session.close()


@contextmanager
def tab(browser: Browser, address: str, **options: Any) -> Iterator[Page]:
    """A new tab on an address. Errors on the console fail the test."""
    context = browser.new_context(**options)
    context.add_init_script(path=AXE)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    try:
        yield page
    finally:
        context.close()
    assert not errors


@pytest.fixture
def page(browser: Browser, server: PageServer) -> Iterator[Page]:
    """The page, in a browser, as it opens."""
    with tab(browser, server.address) as opened:
        expect(opened.locator("tbody tr").first).to_be_focused()
        yield opened


def test_a_file_is_labeled_by_keyboard_alone(page: Page, file: Path) -> None:
    expect(page.locator("#progress")).to_have_text("1 of 3 sets")
    press(page, "a", "a", "b", "Enter")
    expect(page.locator("#set-id")).to_have_text("S2")
    press(page, "=")
    expect(page.locator("#progress")).to_have_text("3 of 3 sets")
    expect(page.locator("#finished")).to_have_text(
        "All 3 sets are labeled. Next: glue-labels check labels.csv"
    )
    assert file.read_text() == (
        UNLABELED.replace("S1,,Zoë", "S1,B,Zoë").replace("S1,,", "S1,A,").replace("S2,,", "S2,A,")
    )
    press(page, "Control+z", "Control+z", "Control+z", "Control+z")
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    assert file.read_text() == UNLABELED
    press(page, "Control+y", "Control+Shift+z", "Control+y")
    expect(page.locator("#progress")).to_have_text("2 of 3 sets")
    assert "S1,B,Zoë" in file.read_text()


def test_rows_are_chosen_put_into_other_groups_and_cleared_by_keyboard(page: Page, file: Path) -> None:
    press(page, "-", "ArrowDown", "ArrowUp", "ArrowDown", "1")
    expect(page.locator("tbody tr").nth(1)).to_have_attribute("aria-label", "Row 2, label 1")
    expect(page.locator("tbody tr").nth(2)).to_be_focused()
    press(page, "Backspace")
    expect(page.locator("#set-state")).to_have_text("Set 1 of 3 · 3 rows · 2 of 3 rows labeled")
    expect(page.locator("#notes li.error")).to_contain_text("1 of 3 rows without a label")
    assert file.read_text() == UNLABELED.replace("S1,,Ana", "S1,A,Ana").replace("S1,,Anna", "S1,1,Anna")


def test_a_skipped_set_comes_last_among_the_unlabeled_ones(page: Page) -> None:
    press(page, "Space")
    expect(page.locator("#set-id")).to_have_text("S2")
    expect(page.locator("#progress")).to_have_text("1 of 3 sets · 1 skipped")
    press(page, "ArrowRight")
    expect(page.locator("#set-id")).to_have_text("S3")
    press(page, "Enter")
    expect(page.locator("#set-id")).to_have_text("S2")
    press(page, "=", "Enter")
    expect(page.locator("#set-id")).to_have_text("S1")


def test_the_filter_is_used_by_keyboard_and_gives_the_keys_back(page: Page, file: Path) -> None:
    press(page, "/", *"bend")
    expect(page.locator("#matching")).to_have_text("1 set found")
    expect(page.locator("#set-id")).to_have_text("S2")
    assert file.read_text() == UNLABELED
    press(page, "Escape", "a")
    expect(page.locator("#saved")).to_have_text("Saved.")
    assert "S2,A,José" in file.read_text()


def test_every_command_can_be_clicked_and_says_its_key(page: Page, file: Path) -> None:
    page.get_by_role("button", name="Row 1: new group A").click()
    page.get_by_role("button", name="Row 2: label A").click()
    page.get_by_role("button", name="Row 3: new group B").click()
    expect(page.locator("#set-state")).to_contain_text("Labeled")
    assert file.read_text().count("S1,A,") == 2
    for command in page.locator("main [data-command]").all():
        assert command.locator("kbd").count() == 1, command.inner_text()


def test_differing_characters_are_marked_and_equal_values_are_gray(page: Page) -> None:
    assert page.locator("tbody tr").nth(1).locator("td").nth(1).locator("mark").all_inner_texts() == ["n"]
    press(page, "ArrowRight")
    expect(page.locator("#set-id")).to_have_text("S2")
    assert page.locator("td.equal").all_inner_texts() == ["Bend", "Bend"]
    assert page.locator("td.equal mark").count() == 0


def test_a_file_that_changed_on_disk_is_reported_and_read_again_by_keyboard(page: Page, file: Path) -> None:
    theirs = UNLABELED.replace("S1,,Ana", "S1,Q,Ana")
    file.write_text(theirs)
    press(page, "b")
    expect(page.locator("#message")).to_contain_text(
        "labels.csv was changed on disk by another program. Nothing was overwritten."
    )
    expect(page.get_by_role("button", name="Read the file again")).to_be_focused()
    assert file.read_text() == theirs
    press(page, "Enter")
    expect(page.locator("tbody tr").first).to_have_attribute("aria-label", "Row 1, label Q")
    expect(page.locator("tbody tr").nth(1)).to_be_focused()


def test_a_second_tab_can_take_over(browser: Browser, server: PageServer, page: Page) -> None:
    with tab(browser, server.address) as second:
        expect(second.locator("#message")).to_contain_text("labels.csv is open in another tab.")
        expect(second.locator("#labeling")).to_be_hidden()
        second.keyboard.press("Enter")
        expect(second.locator("#set-id")).to_have_text("S1")
        press(page, "a")
        expect(page.locator("#message")).to_contain_text("labels.csv is being labeled in another tab.")


def test_a_reload_keeps_the_token_which_is_not_in_the_address_bar(page: Page) -> None:
    assert "#" not in page.url
    page.reload()
    expect(page.locator("#set-id")).to_have_text("S1")


def test_a_tab_without_the_token_sees_no_record(browser: Browser, server: PageServer) -> None:
    with tab(browser, server.address.partition("#")[0]) as stranger:
        expect(stranger.locator("#message")).to_contain_text("Open the page with the address that glue")
        expect(stranger.locator("#labeling")).to_be_hidden()
        assert "Ana" not in stranger.content()


def test_the_end_button_ends_the_page(page: Page, server: PageServer) -> None:
    page.get_by_role("button", name="End").click()
    expect(page.locator("#message")).to_contain_text("1 of 3 sets are labeled in labels.csv.")
    assert server.wait(idle_seconds=60)


def test_nothing_is_loaded_from_elsewhere(browser: Browser, server: PageServer) -> None:
    with tab(browser, "about:blank") as opened:
        asked: list[str] = []
        opened.on("request", lambda request: asked.append(request.url))
        opened.goto(server.address)
        ready(opened)
        expect(opened.locator("#set-id")).to_have_text("S1")
        press(opened, "=")
        expect(opened.locator("#saved")).to_have_text("Saved.")
    own = server.address.partition("#")[0]
    assert f"{own}act" in asked
    assert [url for url in asked if not url.startswith(own)] == []


def test_wide_records_are_scrolled_by_keyboard_while_their_labels_stay_in_sight(
    browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "labels.csv"
    names = [f"column_{number}" for number in range(20)]
    rows = [",".join(["S1", "", *(f"value {number} of {row}" for number in range(20))]) for row in "ab"]
    path.write_text("\n".join([",".join(["labeling_set_id", "label", *names]), *rows, ""]))
    session = open_session(path)
    try:
        with (
            PageServer(session, 0).serving() as server,
            tab(browser, server.address, viewport={"width": 1280, "height": 844}) as opened,
        ):
            ready(opened)
            last = opened.locator("tbody tr").first.locator("td").last
            expect(last).not_to_be_in_viewport()
            press(opened, *["Shift+ArrowRight"] * 8, "a")
            expect(opened.locator("#saved")).to_have_text("Saved.")
            expect(last).to_be_in_viewport()
            expect(opened.get_by_role("button", name="Row 2: label A")).to_be_in_viewport()
            press(opened, *["Shift+ArrowLeft"] * 8)
            expect(last).not_to_be_in_viewport()
    finally:
        session.close()


def test_values_are_text_whatever_they_look_like(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    value = "<img src=x onerror=document.title=1><script>document.title=1</script>"
    path.write_text(f"labeling_set_id,label,<b>name\n{value},{value},{value}\n{value},,&amp;\n")
    session = open_session(path)
    try:
        with PageServer(session, 0).serving() as server, tab(browser, server.address) as opened:
            expect(opened.locator("#set-id")).to_have_text(value)
            assert opened.locator("td .value").all_inner_texts() == [value, "&amp;"]
            assert opened.locator("img, td script, th b").count() == 0
    finally:
        session.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_page(
    browser: Browser, server: PageServer, file: Path, width: int, scheme: str
) -> None:
    viewport = {"width": width, "height": 844}
    with tab(browser, server.address, viewport=viewport, color_scheme=scheme) as opened:
        ready(opened)
        expect(opened.locator("#set-id")).to_have_text("S1")
        found = {"as it opens": _found(opened)}
        press(opened, "a")
        expect(opened.locator("#saved")).to_have_text("Saved.")
        found["with a label"] = _found(opened)
        # A set with one label is a warning; groups beyond the colors have theirs again.
        press(opened, "-", "Enter", "=")
        expect(opened.locator("#finished")).not_to_be_empty()
        found["finished"] = _found(opened)
        opened.locator("#text").fill("nowhere")
        expect(opened.locator("#matching")).to_have_text("No set found")
        found["nothing found"] = _found(opened)
        file.write_text(UNLABELED)
        opened.locator("#text").fill("")
        expect(opened.locator("#message")).to_contain_text("changed on disk")
        found["changed on disk"] = _found(opened)
        assert {state: what for state, what in found.items() if what} == {}, json.dumps(found, indent=1)


def _found(page: Page) -> list[str]:
    """What axe finds, and what is wider than the page."""
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    found = [
        f"{violation['id']}: {node['html'][:200]} {node['failureSummary']}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*found, *([f"{wider} pixels too wide"] if wider else [])]
