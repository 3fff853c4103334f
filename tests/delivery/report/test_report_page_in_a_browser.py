"""The page in a real Chromium, with scripts turned off: on a phone, in the dark, for a screen reader."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from pipeline.change_report.page import draw, headline
from pipeline.change_report.report import Report

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# Every text's colour against what is painted behind it, as WCAG measures contrast.
CONTRASTS = """() => {
  const channel = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const light = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] === 1) return c;
    }
    return [255, 255, 255];
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || e.closest('.spoken')) continue;
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    found.push({ ratio: (a + 0.05) / (b + 0.05), text: texts.currentNode.data.trim() });
  }
  return found;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield chromium
        chromium.close()


def opened(browser: Browser, folder: Path, report: Report, **context: Any) -> Page:
    file = folder / "index.html"
    file.write_text(draw(report), encoding="utf-8")
    settings = {"viewport": {"width": 1200, "height": 900}, "java_script_enabled": False, **context}
    page = browser.new_context(**settings).new_page()
    page.goto(file.as_uri())
    return page


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_nothing_scrolls_sideways(browser: Browser, tmp_path: Path, eventful: Report, width: int) -> None:
    page = opened(
        browser,
        tmp_path,
        eventful,
        viewport={"width": width, "height": 800},
        java_script_enabled=True,
    )
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_reads_without_scripts_and_says_the_worst_first(
    browser: Browser, tmp_path: Path, eventful: Report
) -> None:
    page = opened(browser, tmp_path, eventful)
    assert page.locator("h1").inner_text() == "1 resource loses its data."
    shouted = page.locator(".shout h3").all_inner_texts()
    assert shouted[0] == "Table is replaced"
    assert page.locator(".shout").first.is_visible()
    order = page.locator("h2").all_inner_texts()
    assert order == [
        "Look here first: data",
        "Broader permissions and lowered guards",
        "Stack by stack",
        "No change at all",
    ]


def test_what_is_shouted_is_on_the_first_screen_of_a_phone(
    browser: Browser, tmp_path: Path, eventful: Report
) -> None:
    page = opened(browser, tmp_path, eventful, viewport={"width": 390, "height": 844})
    box = page.locator(".shout h3").first.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 844


def test_headings_never_skip_a_level(browser: Browser, tmp_path: Path, eventful: Report) -> None:
    page = opened(browser, tmp_path, eventful, java_script_enabled=True)
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out(browser: Browser, tmp_path: Path, eventful: Report, scheme: str) -> None:
    page = opened(browser, tmp_path, eventful, color_scheme=scheme, java_script_enabled=True)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    faint = [item for item in page.evaluate(CONTRASTS) if item["ratio"] < 4.5]
    assert faint == []


def test_paper_shows_what_the_screen_folds_away(browser: Browser, tmp_path: Path, eventful: Report) -> None:
    page = opened(browser, tmp_path, eventful, java_script_enabled=True)
    page.emulate_media(media="print")
    heights = page.evaluate(
        "[...document.querySelectorAll('details > article, details > .subject')].map(e => e.offsetHeight)"
    )
    assert heights
    assert all(height > 0 for height in heights)


def test_what_templates_say_is_text_and_never_markup(
    browser: Browser, tmp_path: Path, eventful: Report
) -> None:
    page = opened(browser, tmp_path, eventful)
    assert page.locator("script").count() == 0
    assert "<script>" not in draw(eventful)


def test_it_asks_the_network_for_nothing(browser: Browser, tmp_path: Path, eventful: Report) -> None:
    file = tmp_path / "index.html"
    file.write_text(draw(eventful), encoding="utf-8")
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    assert asked == [file.as_uri()]


def test_no_change_at_all_says_so(browser: Browser, tmp_path: Path, uneventful: Report) -> None:
    page = opened(browser, tmp_path, uneventful)
    assert page.locator("h1").inner_text() == headline(uneventful) == "Nothing changes."
    assert page.locator(".shout").count() == 0
    assert page.locator("h2").all_inner_texts() == ["No change at all"]
