"""A telephone in the field that speaks with the server over HTTP, for tests."""

import hashlib
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.consult.field.device import Device


class Telephone:
    """A device with a token; `writes` makes its operations."""

    def __init__(self, client: FlaskClient, workshop_id: UUID, device: str, token: str) -> None:
        self.client, self.workshop_id, self.device, self.token = client, workshop_id, device, token
        self.writes = Device(workshop_id)
        self.writes.id = UUID(device)

    @classmethod
    def signed_in_by(cls, client: FlaskClient, workshop_id: UUID) -> "Telephone":
        """The telephone of whoever is signed in at this browser."""
        given = client.post("/field/devices", json={"label": "Neema's telephone"}).json
        return cls(client.application.test_client(), workshop_id, given["device"], given["token"])

    @property
    def headers(self) -> dict[str, str]:
        """What it says of itself with every request."""
        return {"Authorization": f"Bearer {self.token}"}

    def get(self, address: str, **headers: str) -> TestResponse:
        """What an address answers; headers as keyword arguments of a dictionary."""
        return self.client.get(address, headers=self.headers | headers)

    def post(self, operations: list[str], **said: Any) -> TestResponse:
        """The answer to a delivery of operations."""
        body = {"operations": operations, "since": None, "unsent": 0, "storage": ""} | said
        return self.client.post(
            f"/field/workshops/{self.workshop_id}/operations", json=body, headers=self.headers
        )

    def sends(self, *operations: str, **said: Any) -> dict[str, Any]:
        """What the server says to these operations, which it takes."""
        answer = self.post(list(operations), **said)
        assert answer.status_code == 200, answer.text
        return dict(answer.json)

    def object_at(self, content: bytes) -> str:
        """The address of an object."""
        return f"/field/workshops/{self.workshop_id}/objects/{hashlib.sha256(content).hexdigest()}"

    def puts(
        self,
        content: bytes,
        start: int = 0,
        end: int | None = None,
        *,
        type_: str = "audio/webm",
        **said: Any,
    ) -> TestResponse:
        """The answer to one piece of an object."""
        piece = content[start:end]
        asked = {"size": len(content), "type": type_} | said
        proof = {"X-Checksum": hashlib.sha256(piece).hexdigest()}
        address = f"{self.object_at(content)}/{start}"
        return self.client.put(address, query_string=asked, data=piece, headers=self.headers | proof)
