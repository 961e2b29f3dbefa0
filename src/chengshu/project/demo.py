"""The commands ``chengshu demo city`` and ``chengshu demo devices``."""

import argparse
import sys

from django.conf import settings

from chengshu.core.demo.blueprint import Blueprint
from chengshu.core.demo.building import build, founded_at, shown_users
from chengshu.core.demo.secrets import kept_in, with_token
from chengshu.core.places.models import Place
from chengshu.core.runtime.doctor import reachable
from chengshu.core.runtime.schema import bring_up_to_date
from chengshu.hub.sensing.demo.devices import run
from chengshu.kit.errors import NotFound
from chengshu.project.plan import DEVICES, entrances

SIGN_IN = """The invented city stands; everything in it is simulated.
  address    {address}
  password   {password} (of every user below)
{users}
"""


def main(args: argparse.Namespace) -> int | None:
    return PARTS[args.part]()


def city() -> None:
    bring_up_to_date()
    config = settings.CHENGSHU
    password = kept_in(config.home).password
    build(Blueprint(), password)
    users = "\n".join(f"  {username:<10} {title}" for username, title in shown_users())
    address = f"http://{reachable(config.host)}:{config.port}/"
    sys.stdout.write(SIGN_IN.format(address=address, password=password, users=users))


def devices() -> None:
    config, blueprint = settings.CHENGSHU, Blueprint()
    since = founded_at()
    if since is None:
        raise NotFound("There is no invented city: run `chengshu demo city` first")
    token = with_token(config.home, Place.objects.get(code=blueprint.code)).token
    address = f"http://{reachable(config.host)}:{config.ingest_port}"
    ports = {name: port for name, port in entrances(config).items() if name in DEVICES}
    run(address, token, since, blueprint.seed, ports)


PARTS = {"city": city, "devices": devices}
