from typing import Any

from chengshu.core.access.models import Grant
from chengshu.core.jobs.models import JobRun
from tests.core.access.factories import make_organisation, make_place, make_role, make_user

from .ledger_tests import LedgerTests


class TestPlaces(LedgerTests):
    ledger = "admin.places"

    @staticmethod
    def make(*, place: Any, **_standing: Any) -> Any:
        return make_place(parent=place)


class TestOrganisations(LedgerTests):
    ledger = "admin.organisations"

    @staticmethod
    def make(*, place: Any, owner: Any, **_standing: Any) -> Any:
        return make_organisation(parent=owner, place=place)


class TestUsers(LedgerTests):
    ledger = "admin.users"

    @staticmethod
    def make(*, place: Any, owner: Any, **_standing: Any) -> Any:
        return make_user(organisation=make_organisation(parent=owner, place=place))


class TestRoles(LedgerTests):
    ledger = "admin.roles"

    @staticmethod
    def make(**_standing: Any) -> Any:
        return make_role("sensing.view_terminal")


class TestGrants(LedgerTests):
    ledger = "admin.grants"

    @staticmethod
    def make(*, place: Any, owner: Any, **_standing: Any) -> Any:
        return Grant.objects.create(
            user=make_user(), role=make_role(), place=place, organisation=owner
        )


class TestJobRuns(LedgerTests):
    ledger = "admin.job-runs"

    @staticmethod
    def make(**_standing: Any) -> Any:
        return JobRun.objects.create(job="test", actor="test")
