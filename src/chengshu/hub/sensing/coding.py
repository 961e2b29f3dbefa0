"""One terminal, one code, for ever: what codes have to look like, and which are spent."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import polars as pl
from django.utils.translation import gettext as _

from chengshu.core.records.writing import Fault
from chengshu.kit.codes.check_characters import hybrid, mod_11_2

from .models import CodingRule, SpentCode, Terminal

CheckDigit = CodingRule.CheckDigit
FIRST_STATES = (Terminal.State.PLANNED, Terminal.State.BUILT, Terminal.State.IN_SERVICE)
DIGITS = "0123456789"


def wrong_codes(kinds: Mapping[str, str]) -> dict[str, str]:
    """Of new codes and the kinds of their terminals, those that cannot be given, and why."""
    found: dict[str, str] = {}
    for rule in CodingRule.objects.filter(kind__in=set(kinds.values())):
        codes = [code for code, kind in kinds.items() if kind == rule.kind]
        found |= dict.fromkeys(mismatches(rule, codes), _explained(rule))
    spent = SpentCode.objects.filter(code__in=list(kinds)).values_list("code", flat=True)
    return found | dict.fromkeys(spent, _("has been given before; a code is never given again"))


def _explained(rule: CodingRule) -> str:
    return _(
        "does not follow the coding rule of %(kind)s: %(meaning)s, for example %(example)s"
    ) % {
        "kind": rule.get_kind_display(),
        "meaning": rule.meaning,
        "example": rule.example,
    }


def mismatches(rule: CodingRule, codes: Iterable[str]) -> list[str]:
    """Those of *codes* that *rule* does not accept. Raises ValueError for no pattern at all."""
    given = pl.Series(list(codes), dtype=pl.String)
    try:
        fits = given.str.contains(f"^(?:{rule.pattern})$")
    except pl.exceptions.ComputeError as error:
        raise ValueError(str(error).partition("\n")[0]) from None
    wrong = given.filter(~fits).to_list()
    if rule.check_digit != CheckDigit.NONE:
        wrong += [code for code in given.filter(fits) if not _checks(code, rule.check_digit)]
    return wrong


def _checks(code: str, check_digit: str) -> bool:
    """Whether the last character follows from the digits before it."""
    digits = "".join(character for character in code[:-1] if character in DIGITS)
    if check_digit == CheckDigit.MOD_11_2:
        return mod_11_2(digits) == code[-1]
    return hybrid(digits, DIGITS) == code[-1]


def faults_of_terminals(terminals: Sequence[Terminal]) -> Iterator[Fault]:
    """What is wrong with *terminals* as they would be saved, of what is new about them."""
    known = {
        pk: (code, kind)
        for pk, code, kind in Terminal.objects.filter(
            pk__in=[terminal.pk for terminal in terminals if terminal.pk]
        ).values_list("pk", "code", "kind")
    }
    fresh = [t for t in terminals if known.get(t.pk) != (t.code, t.kind)]
    wrong = wrong_codes({terminal.code: terminal.kind for terminal in fresh})
    for index, terminal in enumerate(terminals):
        if known.get(terminal.pk) != (terminal.code, terminal.kind) and terminal.code in wrong:
            yield Fault(index, "code", wrong[terminal.code])
        if terminal.pk is None and terminal.state not in FIRST_STATES:
            yield Fault(index, "state", _("a new terminal is planned, built or in service"))


def faults_of_rules(rules: Sequence[CodingRule]) -> Iterator[Fault]:
    """A rule needs a pattern that can be read and an example that follows it."""
    for index, rule in enumerate(rules):
        try:
            wrong = mismatches(rule, [rule.example])
        except ValueError as error:
            yield Fault(index, "pattern", _("cannot be read: %(why)s") % {"why": error})
            continue
        if wrong:
            yield Fault(index, "example", _("does not follow the rule itself"))
