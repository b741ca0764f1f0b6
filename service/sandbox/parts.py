"""The live parts of one sandbox, put together once and handed to its doors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import flask
import httpx2

from service.sandbox.approvals import Approvals
from service.sandbox.authorization import SmartServer
from service.sandbox.chart import Charts
from service.sandbox.client_keys import AssertionCheck, KeySets, SpentAssertions
from service.sandbox.config import SandboxConfig
from service.sandbox.database import Database
from service.sandbox.directory import Directory
from service.sandbox.issued import IssuedTokens
from service.sandbox.keys import signing_keys
from service.sandbox.launches import Launches
from service.sandbox.notifier import Notifier
from service.sandbox.records.store import Records
from service.sandbox.records.subscriptions import Subscriptions
from service.sandbox.requests import AppRequests
from service.sandbox.tokens import Tokens

NAME = "maple-grove"


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything a door of the sandbox may ask."""

    config: SandboxConfig
    database: Database
    records: Records
    directory: Directory
    charts: Charts
    launches: Launches
    requests: AppRequests
    approvals: Approvals
    tokens: Tokens
    server: SmartServer
    notifier: Notifier

    def close(self) -> None:
        """End the sending and give the files back; everything stays in the folder."""
        self.notifier.close()
        self.records.close()
        self.database.close()


def put_together(config: SandboxConfig, records: Records, outbound: httpx2.BaseTransport | None) -> Parts:
    """Open the databases and keys in the folder and connect the parts."""
    database = Database(config.folder / "authorization.sqlite")
    approvals = Approvals(database, config.clock)
    launches = Launches(database, config.clock)
    issued = IssuedTokens(database, config.clock)
    tokens = Tokens(config, signing_keys(config.folder), approvals, issued)
    proof = AssertionCheck(config, KeySets(outbound), SpentAssertions(database, config.clock))
    notifier = Notifier(config, Subscriptions(records), outbound)
    records.on_notice = notifier.wake
    notifier.wake_if_owed()
    return Parts(
        config=config,
        database=database,
        records=records,
        directory=Directory(records),
        charts=Charts(records),
        launches=launches,
        requests=AppRequests(database, config.clock),
        approvals=approvals,
        tokens=tokens,
        server=SmartServer(config, approvals, launches, tokens, proof),
        notifier=notifier,
    )


def parts() -> Parts:
    """The parts of the sandbox that answers the current request."""
    return cast(Parts, flask.current_app.extensions[NAME])
