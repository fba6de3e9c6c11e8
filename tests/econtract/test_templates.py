"""Templates: the law's items, places, and what stops a document by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from econtract import mandatory, template
from econtract.errors import MandatoryItemMissing, TemplateBroken

DAY = date(2026, 11, 24)
VALUES = {
    "title": "工事", "place": "市内", "period_from": "令和8年12月1日", "period_to": "令和9年3月1日",
    "amount": "金 1円", "tax": "0円", "tax_rate": "10", "contract_date": "別に定める日",
    "late_interest": "2.5", "city_name": "遠州市", "vendor_name": "株式会社",
}  # fmt: skip


TYPED = {"prices": "用紙\tA4\t箱\t10\t1000", "table": "完成期限\t変更前\t変更後", "yen": "100"}


def merged(kind: str, **changes: str) -> template.Merged:
    chosen = template.current(kind, DAY)
    typed = {f.name: f.default or TYPED.get(f.type, "例") for f in chosen.fields}
    values = typed | VALUES | changes
    return template.merge(chosen, values)


@pytest.mark.parametrize("kind", template.TEMPLATES)
def test_every_template_states_every_item_of_the_law(kind: str) -> None:
    chosen = template.current(kind, DAY)
    tags = {t for part in (*chosen.items, *chosen.clauses, *chosen.tables) for t in part.law}
    assert not mandatory.missing(kind, frozenset(tags))
    assert len(chosen.clauses) >= (20 if kind in template.KINDS else 4)


@pytest.mark.parametrize("kind", template.TEMPLATES)
def test_no_place_is_left_open_and_no_stamp_box_is_printed(kind: str) -> None:
    made = merged(kind)
    words = [*made.preamble, *made.closing, *(v for _, v in made.items)]
    for clause in made.clauses:
        for paragraph in clause.paragraphs:
            words += [paragraph.text, *paragraph.items]
    assert not any("{" in w or "}" in w for w in words)
    assert not any("印紙" in w for w in words)


LAWS = [(kind, item.id) for kind in template.TEMPLATES for item in mandatory.REQUIRED[kind]]


@pytest.mark.parametrize(("kind", "law"), LAWS)
def test_a_template_without_one_item_of_the_law_is_refused_by_its_name(kind: str, law: str) -> None:
    chosen = template.current(kind, DAY)

    def without(parts: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(replace(p, law=tuple(t for t in p.law if t != law)) for p in parts)

    lacking = replace(
        chosen,
        items=without(chosen.items),
        clauses=without(chosen.clauses),
        tables=without(chosen.tables),
    )
    name = next(i.name_ja for i in mandatory.REQUIRED[kind] if i.id == law)
    with pytest.raises(TemplateBroken, match=name):
        template.lint(lacking)


def test_removing_the_price_change_clause_stops_the_template() -> None:
    chosen = template.current("works", DAY)
    kept = tuple(
        replace(c, law=tuple(t for t in c.law if t != "k19-8"))
        for c in chosen.clauses
        if c.id != "price_change"
    )
    with pytest.raises(TemplateBroken, match="価格変動"):
        template.lint(replace(chosen, clauses=kept))


@pytest.mark.parametrize(
    ("kind", "field", "name"),
    [
        ("works", "place", "工事場所"),
        ("works", "no_work_hours", "施工しない日・時間帯"),
        ("works", "insurance", "付保すべき保険"),
        ("goods", "specification", "品質・規格・数量"),
    ],
)
def test_an_empty_mandatory_field_stops_by_name(kind: str, field: str, name: str) -> None:
    with pytest.raises(MandatoryItemMissing) as stopped:
        merged(kind, **{field: "　"})
    assert name in stopped.value.message_ja
    assert field in stopped.value.missing


def test_a_value_with_braces_is_printed_not_filled_in_again() -> None:
    made = merged("works", title="{amount} と {clause:price_change}")
    assert dict(made.items)["工事名"] == "{amount} と {clause:price_change}"


def test_references_name_the_clause_where_it_stands() -> None:
    made = merged("works")
    texts = "".join(p.text for c in made.clauses for p in c.paragraphs)
    number = next(c.number for c in made.clauses if "変更方法及び算定" in c.heading)
    assert f"第{number}条の方法" in texts


def test_unknown_tags_and_references_are_refused() -> None:
    chosen = template.current("goods", DAY)
    wrong = replace(chosen.clauses[0], law=("k99-9",))
    with pytest.raises(TemplateBroken, match="k99-9"):
        template.lint(replace(chosen, clauses=(wrong, *chosen.clauses[1:])))
    wrong = replace(chosen.clauses[0], paragraphs=(template.Paragraph("{clause:nowhere}"),))
    with pytest.raises(TemplateBroken, match="nowhere"):
        template.lint(replace(chosen, clauses=(wrong, *chosen.clauses[1:])))
    with pytest.raises(TemplateBroken, match="同じid"):
        template.lint(replace(chosen, clauses=(*chosen.clauses, chosen.clauses[0])))


@pytest.mark.parametrize(
    "name", [("works", "9.9"), ("nothing", "1.0"), ("../works", "1"), ("works", "..")]
)
def test_a_template_that_is_not_there_is_refused(name: tuple[str, str]) -> None:
    with pytest.raises(TemplateBroken):
        template.load(*name)


def test_no_template_is_in_force_before_the_first() -> None:
    with pytest.raises(TemplateBroken):
        template.current("works", date(2020, 1, 1))
