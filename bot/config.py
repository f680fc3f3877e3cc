"""Settings of the service, from `LOTUS_…` in the environment and from mounted files.

Lowest layer: imports nothing else of the bot. Any setting `LOTUS_X` can be given as a file
instead, by `LOTUS_X_FILE=/path` (how Kubernetes mounts a Secret); its trailing newline is dropped.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

PREFIX = "LOTUS_"

Seconds = Annotated[float, Field(gt=0)]


class SettingsError(Exception):
    """One or more settings are missing or wrong; the message names each on a line of its own."""


class Settings(BaseSettings):
    """Everything that can be set; a field's description is what people read about it."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    github_app_id: Annotated[str, Field(min_length=1)] = Field(description="the App's id")
    github_private_key: SecretStr = Field(description="the App's private key, PEM")
    github_webhook_secret: SecretStr = Field(description="the secret that signs webhooks")
    github_url: str = Field("https://api.github.com", description="base URL of GitHub's REST API")
    webhooks: bool = Field(
        True, description="false where GitHub cannot reach us: it is polled each LOTUS_POLL_SECONDS"
    )

    kubeconfig: Path | None = Field(
        None, description="a kubeconfig; without it in-cluster, then KUBECONFIG and ~/.kube/config"
    )
    kube_context: str | None = Field(None, description="the kubeconfig's context; its current one")
    namespaces: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="namespaces to watch, separated by commas; all of them where empty"
    )

    airbyte_url: str | None = Field(
        None, description="Airbyte's base URL, such as http://airbyte-server:8001; none: not asked"
    )
    airbyte_client_id: str | None = Field(None, description="an Airbyte application's client id")
    airbyte_client_secret: SecretStr | None = Field(None, description="and its secret")
    airbyte_username: str | None = Field(None, description="Airbyte's user, for Basic auth")
    airbyte_password: SecretStr | None = Field(None, description="and the password")

    database_url: SecretStr | None = Field(
        None, description="a Postgres that replicas share, postgresql://…; none: one replica"
    )

    host: str = Field("0.0.0.0", description="address to listen on")  # noqa: S104 - a container
    port: int = Field(8080, ge=0, le=65535, description="port to listen on; 0: any that is free")
    status_host: str = Field(
        "127.0.0.1",
        description="address of the status page: it names repositories, private ones too",
    )
    status_port: int = Field(8081, ge=0, le=65535, description="its port; 0: any that is free")
    body_limit: int = Field(25 * 2**20, gt=0, description="largest webhook in bytes (GitHub's own)")
    workers: int = Field(4, gt=0, le=64, description="keys that are worked on at the same time")
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="verbosity")
    log_format: str = Field("json", pattern="^(json|console)$", description="how logs are written")

    resync_seconds: Seconds = Field(300, description="each key is looked at again so often")
    poll_seconds: Seconds = Field(30, description="interval of polling what cannot be watched")
    escalate_seconds: Seconds = Field(
        8, description="how long a refresh may show no effect before a harder one is tried"
    )
    delivery_sweep_seconds: Seconds = Field(
        300, description="interval of asking GitHub for webhooks that failed to reach us"
    )
    pull_request_days: Seconds = Field(
        14, description="merged pull requests are followed so long after their merge"
    )
    backoff_seconds: Seconds = Field(1, description="wait after a failure; doubles each time")
    backoff_limit_seconds: Seconds = Field(300, description="the longest of these waits")
    request_seconds: Seconds = Field(30, description="time limit of one request to outside")
    grace_seconds: Seconds = Field(20, description="SIGTERM: time to finish what has begun")

    @property
    def look_again_seconds(self) -> float:
        """How often everything is looked at again: without webhooks nothing else tells of news."""
        return self.resync_seconds if self.webhooks else self.poll_seconds

    @field_validator("namespaces", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("github_url", "airbyte_url")
    @classmethod
    def _absolute(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/") if value else None

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, value: SecretStr | None) -> SecretStr | None:
        known = ("postgresql://", "postgres://")
        if value is not None and not value.get_secret_value().startswith(known):
            raise ValueError("must begin with postgresql://")
        return value

    @field_validator("github_private_key")
    @classmethod
    def _pem(cls, value: SecretStr) -> SecretStr:
        """As GitHub gave it, whatever an editor or an .env file made of its lines."""
        text = value.get_secret_value().replace("\\r", "").replace("\\n", "\n").replace("\r", "")
        if "PRIVATE KEY-----" not in text:
            raise ValueError("is no private key in PEM (-----BEGIN … PRIVATE KEY-----)")
        return SecretStr(text.strip(" \n\"'") + "\n")

    @field_validator("github_webhook_secret")
    @classmethod
    def _not_empty(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value():
            raise ValueError("is empty: anybody could sign webhooks")
        return value

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        for one, other in (
            ("airbyte_client_id", "airbyte_client_secret"),
            ("airbyte_username", "airbyte_password"),
        ):
            if (getattr(self, one) is None) != (getattr(self, other) is None):
                raise ValueError(f"{_variable(one)} and {_variable(other)} belong together")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library's
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then files named in it; no dotenv, no surprises."""
        return init_settings, env_settings, _MountedFiles(settings_cls)


class _MountedFiles(PydanticBaseSettingsSource):
    """`LOTUS_X_FILE` names the file that holds `LOTUS_X`."""

    def get_field_value(
        self,
        field: FieldInfo,  # noqa: ARG002 - the library's signature
        field_name: str,
    ) -> tuple[Any, str, bool]:
        path = os.environ.get(_variable(field_name) + "_FILE")
        if not path:
            return None, field_name, False
        try:
            return Path(path).read_text().rstrip("\n"), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not text"
            raise SettingsError(f"{_variable(field_name)}_FILE: {path}: {reason}") from None

    def __call__(self) -> dict[str, Any]:
        found = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in found.items() if value is not None}


def load() -> Settings:
    """Settings from the environment; raises `SettingsError` that names each that is wrong.

    A `LOTUS_…` variable that is no setting is a mistake too: a typo would else be silent.
    """
    problems = _unknown()
    try:
        settings = Settings()  # type: ignore[call-arg] # the required ones come from the environment
    except ValidationError as error:
        problems += [_problem(item) for item in error.errors(include_input=False)]
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


def _variable(field: str) -> str:
    return PREFIX + field.upper()


def _unknown() -> list[str]:
    known = {_variable(name) for name in Settings.model_fields}
    known |= {name + "_FILE" for name in known}
    problems = []
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, 1)
            problems.append(f"{name}: no such setting" + (f"; {near[0]}?" if near else ""))
    return problems


def _problem(item: Any) -> str:
    """One line for one pydantic error, without the value: it may be a secret."""
    message = item["msg"].removeprefix("Value error, ")
    if not item["loc"]:
        return str(message)
    name = str(item["loc"][0])
    variable = _variable(name) if not name.startswith(PREFIX) else name
    if item["type"] == "missing":
        what = Settings.model_fields[name.lower().removeprefix(PREFIX.lower())].description
        return f"{variable} is missing: {what} (or {variable}_FILE, a file that holds it)"
    return f"{variable}: {message}"
