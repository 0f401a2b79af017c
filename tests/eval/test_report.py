"""The page, read back as a browser would: slices are slices, figures are figures, and documents can do nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest

from eval import report
from eval.duplicates import aims_of
from eval.failures import by_cause
from eval.gold import Gold, GoldSet, GoldSpan, gather
from eval.judgements import judge
from eval.measures import collect, compare, measures
from eval.outcomes import Outcome, Run
from eval.report import Findings, depth_curves, render, write_report
from eval.run import measure
from eval.table import shown
from index.documents import Document

HOSTILE = "<img src=x onerror=alert(1)>"
BREAKING = f"{HOSTILE}</blockquote><script src='http://evil.example'></script>\" onmouseover=\"x & &lt; {{{{ 7*7 }}}}"
VOID = {"meta", "img", "link", "br", "hr", "input"}


class Element:
    """A tag, its attributes, and all the text inside."""

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag, self.attributes, self.text, self.inside = tag, attributes, "", list[Element]()

    def kinds(self) -> list[str]:
        return self.attributes.get("class", "").split()


class Page(HTMLParser):
    """Every element in order; refuses tags that do not match."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.open: list[Element] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        for outer in self.open:
            outer.inside.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def all(self, tag: str, kind: str = "") -> list[Element]:
        return [item for item in self.elements if item.tag == tag and (not kind or kind in item.kinds())]


def find(gold_set: GoldSet, outcomes: Sequence[Outcome], before: Sequence[Outcome] = ()) -> Findings:
    judgements = judge(gold_set, outcomes)
    samples = collect(judgements)
    changes = compare(collect(judge(gold_set, before)), samples) if before else []
    run = Run(gold_set.name, "digest", started="2026-01-02T03:04:05", outcomes=tuple(outcomes))
    aims = aims_of(gold_set)
    return Findings(gold_set, run, aims, judgements, measures(samples), by_cause(judgements), changes, run)


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eval.statistics.RESAMPLES", 50)


@pytest.fixture
def outcomes(tmp_path: Path) -> Callable[..., Sequence[Outcome]]:
    return lambda gold_set, system: measure(gold_set, system, Run("", ""), tmp_path)[0].outcomes


@pytest.fixture
def hostile_set() -> GoldSet:
    """Markup in every text and name, and code points of more than one UTF-16 unit before the gold."""
    text = f"😀 {BREAKING}\nUn été\u0301, 12 & <b>chats</b>.\nعدد القطط 12.\n" + "Une ligne 3 & <i>encore</i>.\n" * 30
    document = Document(BREAKING, BREAKING, text, language=BREAKING)
    start = text.index("12 & <b>")
    spans = (GoldSpan(document.id, start, start + 8, "12 & <b>"),)
    asked = [
        Gold("1", f"Combien de chats {HOSTILE} ?", BREAKING, spans, kind=BREAKING, tags=(BREAKING,)),
        Gold(BREAKING, "Où va la ligne encore ?", "fr", answerable=False),
    ]
    return gather(BREAKING, [document], [("here", gold) for gold in asked])


@pytest.fixture
def hostile_page(hostile_set: GoldSet, worse_system: Any, outcomes: Any) -> Page:
    worse_system.documents = hostile_set.documents
    found = outcomes(msgspec.structs.replace(hostile_set, name="hostile"), worse_system)
    claim = found[0].citations[0]
    lying = msgspec.structs.replace(claim, quote=BREAKING, document=BREAKING)
    found = [msgspec.structs.replace(found[0], text=BREAKING, reason=BREAKING, citations=(claim, lying)), *found[1:]]
    findings = find(hostile_set, found, found)
    run = msgspec.structs.replace(
        findings.run, commit=BREAKING, models={BREAKING: BREAKING}, settings={"url": BREAKING}
    )
    return Page(render(msgspec.structs.replace(findings, run=run)))


def check_slices(page: Page, texts: dict[str, str]) -> int:
    """Every excerpt and every mark is the slice that it says; gives the number of marks."""
    marks = 0
    for excerpt in page.all("blockquote"):
        text = texts[excerpt.attributes["data-document"]]
        for item in (excerpt, *excerpt.inside):
            start, end = int(item.attributes["data-start"]), int(item.attributes["data-end"])
            assert item.text == text[start:end]
        assert excerpt.attributes["dir"] == "auto"
        assert ("before" in excerpt.kinds()) == (int(excerpt.attributes["data-start"]) > 0)
        marks += len(excerpt.inside)
    return marks


def test_excerpts_and_marks_are_slices_of_hostile_documents(hostile_page: Page, hostile_set: GoldSet) -> None:
    assert check_slices(hostile_page, hostile_set.texts()) > 2
    (case, _) = hostile_page.all("article")
    gold = [item for item in case.inside if item.tag == "mark" and "gold" in item.kinds()]
    assert gold[0].text == "12 & <b>"


def test_hostile_text_is_shown_and_does_nothing(hostile_page: Page) -> None:
    assert not hostile_page.all("script") + hostile_page.all("img")
    # The page has these of its own, for the bars of the causes; those of the documents hold words.
    assert not "".join(item.text for item in hostile_page.all("i"))
    assert all(item.text.isdigit() for item in hostile_page.all("b"))
    assert not [name for item in hostile_page.elements for name in item.attributes if name.startswith("on")]
    assert hostile_page.all("h1")[0].text == BREAKING
    assert hostile_page.all("h4")[0].text == f"Combien de chats {HOSTILE} ?"
    assert any(f"“{BREAKING}”" in item.text for item in hostile_page.all("p", "worse"))


def test_nothing_is_asked_of_the_network(hostile_page: Page) -> None:
    asking = ("src", "href", "action", "poster", "data", "srcset", "xlink:href")
    addresses = [item.attributes[name] for item in hostile_page.elements for name in asking if name in item.attributes]
    ids = {item.attributes["id"] for item in hostile_page.elements if "id" in item.attributes}
    assert {address.removeprefix("#") for address in addresses} <= ids
    (style,) = hostile_page.all("style")
    assert not re.search(r"url\(|@import|@font-face", style.text)
    (policy,) = [item for item in hostile_page.all("meta") if "http-equiv" in item.attributes]
    assert policy.attributes["content"] == "default-src 'none'; style-src 'unsafe-inline'"


def test_the_table_holds_the_measures(gold_set: GoldSet, worse_system: Any, outcomes: Any) -> None:
    findings = find(gold_set, outcomes(gold_set, worse_system))
    rows = {
        row.attributes["data-metric"]: [item.text for item in row.inside if item.tag == "td" and item.text]
        for row in Page(render(findings)).all("tr")
        if "data-metric" in row.attributes
    }
    whole = [item for item in findings.measures if not item.group]
    assert rows.keys() == {item.metric for item in whole}
    for item in whole:
        value, low, high = (shown(part, item.unit) for part in msgspec.structs.astuple(item.estimate)[:3])
        assert rows[item.metric] == [value, f"{low} to {high}", str(item.estimate.n)]


def test_the_curves_are_the_measures_where_both_are_known(gold_set: GoldSet, worse_system: Any, outcomes: Any) -> None:
    worse_system.depth = 3
    findings = find(gold_set, outcomes(gold_set, worse_system))
    values = {item.metric: item.estimate.value for item in findings.measures if not item.group}
    for name, curve in depth_curves(findings):
        for kind in name.split(", "):
            for k, value in enumerate(curve, start=1):
                assert value == pytest.approx(values.get(kind.replace("@k", f"@{k}"), value))


def test_failures_stand_under_their_cause(gold_set: GoldSet, worse_system: Any, outcomes: Any) -> None:
    findings = find(gold_set, outcomes(gold_set, worse_system))
    page = Page(render(findings))
    assert findings.failures
    assert [item.attributes["id"] for item in page.all("h3") if "id" in item.attributes] == list(findings.failures)
    assert len(page.all("article")) == sum(map(len, findings.failures.values()))
    assert check_slices(page, gold_set.texts()) > 0


def test_few_of_many_failures_are_shown_and_it_says_so(
    gold_set: GoldSet, worse_system: Any, outcomes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "SHOWN", 1)
    findings = find(gold_set, outcomes(gold_set, worse_system))
    n = len(findings.failures["should_have_abstained"])
    assert n == 2
    page = Page(render(findings))
    assert len(page.all("article")) == len(findings.failures)
    assert any(f"1 of {n} are shown" in item.text for item in page.all("p"))


def test_a_run_without_failures(gold_set: GoldSet, system: Any, outcomes: Any) -> None:
    page = Page(render(find(gold_set, outcomes(gold_set, system))))
    assert page.all("article") == []
    assert any(item.text == "No question failed." for item in page.all("p"))


def test_changes_are_shown_when_there_is_an_earlier_run(
    gold_set: GoldSet, system: Any, worse_system: Any, outcomes: Any
) -> None:
    good, bad = outcomes(gold_set, system), outcomes(gold_set, worse_system)
    page = Page(render(find(gold_set, bad, good)))
    rows = [[item.text for item in row.inside if item.tag in {"th", "td"}] for row in page.all("tr")]
    assert next(row for row in rows if row[0] == "abstention_recall")[1] == "-1.000"
    assert any(row[-1] == "worse" for row in rows)
    alone = Page(render(find(gold_set, bad)))
    assert "changes" not in {item.attributes.get("id") for item in alone.elements}


@pytest.mark.parametrize(
    "change",
    [
        {"relevant": {"jobs": {"btr": 1}, "cost": {"btr": 1}}, "questions": (Gold("jobs", "?"), Gold("cost", "3 ?"))},
        {"questions": (Gold("jobs", "?", "fr", (GoldSpan("btr", 0, 7, "L'usine"),), kind="highlight"),)},
    ],
    ids=["documents", "highlights"],
)
def test_a_set_that_judges_the_search_alone(
    gold_set: GoldSet, system: Any, outcomes: Any, change: dict[str, Any]
) -> None:
    searched = msgspec.structs.replace(gold_set, **change)
    system.depth = 0
    findings = find(searched, outcomes(searched, system))
    page = Page(render(findings))
    assert list(findings.failures) == ["not_retrieved"]
    assert [item.text for item in page.all("title")[1:]] == ["Recall and success by depth", "Latency by stage"]
    assert check_slices(page, gold_set.texts()) == (0 if searched.relevant else 1)


def test_the_file_is_written_whole(tmp_path: Path, gold_set: GoldSet, system: Any, outcomes: Any) -> None:
    findings = find(gold_set, outcomes(gold_set, system))
    folder = tmp_path / "pages"
    folder.mkdir()
    path = write_report(findings, folder / "tiny.html")
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>\n<html")
    assert [item.name for item in path.parent.iterdir()] == ["tiny.html"]
