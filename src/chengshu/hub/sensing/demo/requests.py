"""Requests of the demonstration city in every state, made through the actions of the ledger."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from chengshu.core.access.policy import System
from chengshu.core.demo.part import DemoCity
from chengshu.hub.sensing.actions import requests, reuse
from chengshu.hub.sensing.actions.registration import build_terminal
from chengshu.hub.sensing.models import BuildRequest, ReuseRequest, Sector, Terminal, TerminalKind

REASON = "符合内涝监测布点规划"
REFUSAL = "附近已有同类终端，请申请复用"
REVOCATION = "设备检修，停止共享"


def make_requests(city: DemoCity) -> None:
    """Wishes near what is there already, and what became of them."""
    _Office(city).work()


class _Office:
    """Those who ask and those who decide; nobody decides on their own request."""

    def __init__(self, city: DemoCity) -> None:
        self.city = city
        self.rng = city.rng("requests")
        self.desk = city.by
        self.authority = System("demo-authority", city.by.policy.reaches[0].permissions)
        self.sectors = Sector.objects.in_bulk(field_name="code")

    def work(self) -> None:
        self._build()
        self._reuse()

    def _ask(self, sector: str, kind: str, near: Terminal, who: str, **more: Any) -> BuildRequest:
        return requests.request_build(
            by=self.desk,
            organisation=self.city.organisations[who],
            sector=self.sectors[sector],
            kind=kind,
            place=near.place,
            lon=round((near.lon or 0.0) + 0.0004, 6),
            lat=round((near.lat or 0.0) + 0.0003, 6),
            **more,
        )

    def _build(self) -> None:
        camera, noise = self._one(TerminalKind.VIDEO, "camera"), self._one("sensor", "noise")
        video, sensor = TerminalKind.VIDEO, TerminalKind.SENSOR
        self._ask("public-safety", video, camera, "transport-bureau", purpose="路口拥堵监看")
        self._ask(
            "public-safety", video, camera, "urban-management", purpose="占道经营取证", number=4
        )
        refused = self._ask(
            "environment",
            sensor,
            noise,
            "urban-management",
            purpose="施工噪声",
            properties=["noise"],
        )
        requests.refuse_build(refused, by=self.authority, reason=REFUSAL)
        gone = self._ask("traffic", video, camera, "transport-bureau", purpose="公交站客流")
        requests.withdraw_build(gone, by=self.desk, reason="")
        wanted = self._ask(
            "water", sensor, noise, "emergency-bureau", purpose="下穿道路积水",
            properties=["ponding-depth"], number=3,
        )  # fmt: skip
        approved = requests.approve_build(wanted, by=self.authority, reason=REASON)
        self._plan(approved)

    def _plan(self, approved: BuildRequest) -> None:
        code = self.city.blueprint.code
        planned = [
            requests.plan_terminal(
                approved,
                by=self.desk,
                code=f"{code}-plan-{number:03}",
                name=f"积水监测仪{number:02}",
            )
            for number in (1, 2)
        ]
        build_terminal(planned[0], by=self.desk)

    def _reuse(self) -> None:
        fleet = Terminal.objects.filter(code__contains="-noise-").order_by("code")[1:7]
        first, *others = (self._want(terminal) for terminal in fleet)
        reuse.grant_reuse(first, by=self.authority)
        ends = (self._refuse, self._withdraw, self._revoke, self._expire)
        for end, one in zip(ends, others, strict=False):
            end(one)

    def _want(self, terminal: Terminal) -> ReuseRequest:
        return reuse.request_reuse(
            by=self.desk,
            terminal=terminal,
            organisation=self.city.organisations["urban-management"],
            purpose="工地夜间噪声核查",
            until_on=self._day(180),
        )

    def _refuse(self, asked: ReuseRequest) -> None:
        reuse.refuse_reuse(asked, by=self.authority, reason="数据仅供环境执法使用")

    def _withdraw(self, asked: ReuseRequest) -> None:
        reuse.withdraw_reuse(asked, by=self.desk)

    def _revoke(self, asked: ReuseRequest) -> None:
        granted = reuse.grant_reuse(asked, by=self.authority)
        reuse.revoke_reuse(granted, by=self.authority, reason=REVOCATION)

    def _expire(self, asked: ReuseRequest) -> None:
        reuse.grant_reuse(asked, by=self.authority, until_on=self._day(0))
        reuse.expire_reuse(by=self.authority, today=self._day(1))

    def _one(self, kind: str, fleet: str) -> Terminal:
        rows = Terminal.objects.filter(kind=kind, code__contains=f"-{fleet}-").order_by("code")
        found = list(rows.select_related("place"))
        return found[int(self.rng.integers(len(found)))]

    @staticmethod
    def _day(ahead: int) -> date:
        return timezone.localdate() + timedelta(days=ahead)
