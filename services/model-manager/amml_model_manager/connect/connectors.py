"""Connectors as the control API sees them: rules before the worker, no secret after it."""

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, TypeAlias

from amml_model_manager.connect import classes, defaults, infos, passwords, rules
from amml_model_manager.connect.masking import Mask, mask, masking
from amml_model_manager.connect.worker import Worker
from amml_model_manager.errors import NotFound, Refused
from amml_model_manager.secret_store import SecretStore

Config: TypeAlias = Mapping[str, str]


@dataclass(frozen=True)
class Examined:
    """A configuration that passed, ready to be given to the worker."""

    name: str
    config: dict[str, str]
    secrets: dict[str, str] = field(repr=False)
    notes: list[str]


class Connectors:
    """The connectors of one worker.

    Parameters:
        worker: which carries them out.
        secrets: where passwords are kept.
        classes: connectors that are allowed beside our own list.
    Errors: those of `Worker`, with every known secret masked.
    """

    def __init__(self, worker: Worker, secrets: SecretStore, classes: tuple[str, ...]) -> None:
        self._worker = worker
        self._secrets = secrets
        self._classes = classes

    def every(self, expand: list[str] | None) -> Any:
        """The names of all, or with `expand` what is known of each."""
        with self._masked() as hide:
            return hide(self._worker.get("/connectors", expand=expand))

    def look(self, name: str, what: str = "") -> dict[str, Any]:
        """The worker's document of a connector, or one of those below it.

        Errors: NotFound, with the names there are, as all that take a name.
        """
        with self._masked() as hide, self._named(name) as path:
            return hide(self._worker.get(path + what))

    def pause(self, name: str) -> None:
        """Stop its tasks, and keep where they were."""
        with self._masked(), self._named(name) as path:
            self._worker.put(f"{path}/pause")

    def resume(self, name: str) -> None:
        """Go on after a pause."""
        with self._masked(), self._named(name) as path:
            self._worker.put(f"{path}/resume")

    def restart(self, name: str, **query: Any) -> Any:
        """Start it again, with `includeTasks` and `onlyFailed` as Connect has them."""
        with self._masked() as hide, self._named(name) as path:
            return hide(self._worker.post(f"{path}/restart", **query))

    def plugins(self) -> list[dict[str, Any]]:
        """The connectors that the worker has, and whether each is `allowed` here."""
        allowed = classes.is_allowed
        with self._masked() as hide:
            found = hide(self._worker.get("/connector-plugins"))
        return [each | {"allowed": allowed(each["class"], self._classes)} for each in found]

    def validate(self, name: str, given: Config) -> dict[str, Any]:
        """What Connect answers to `validate`, with our `notes`.

        Errors: Refused, it is against the rules; then no worker has seen it.
        """
        with self._masked(passwords.plain(given)) as hide:
            config, notes = self._prepared(name, given)
            found = self._infos(config)
        notes += _told(infos.mistyped(config, found))
        return hide(infos.as_given(found, config)) | {"notes": notes}

    def examine(self, name: str, given: Config) -> Examined:
        """Check everything that can be checked without changing anything.

        Errors: Refused, with `fields`: what is wrong with each setting.
        """
        with self._masked(passwords.plain(given)):
            config, notes = self._prepared(name, given)
            found = self._infos(config)
            mistyped = _told(infos.mistyped(config, found))
            if wrong := infos.errors(found):
                raise _refused(name, wrong, mistyped)
            moved = passwords.moved(name, config, infos.passwords(found))
            if moved.secrets and not self._secrets.is_there:
                raise _refused(name, {note.partition(":")[0]: [_NO_FOLDER] for note in moved.notes})
        return Examined(name, moved.config, moved.secrets, [*notes, *moved.notes, *mistyped])

    def is_there(self, name: str) -> bool:
        """Whether the worker has a connector of that name."""
        with self._masked():
            return self._worker.find(f"/connectors/{name}") is not None

    def apply(self, examined: Examined) -> dict[str, Any]:
        """Keep its secrets and give it to the worker; what that answers, `new` and `changed`.

        The same again changes nothing. A secret that has changed is read by a restart.
        """
        path = f"/connectors/{examined.name}"
        with self._masked(examined.secrets.values()) as hide:
            before = self._worker.find(path)
            kept = [self._secrets.put(name, value) for name, value in examined.secrets.items()]
            same = before is not None and before["config"] == examined.config
            after = before if same else self._worker.put(f"{path}/config", examined.config)
            if before is not None and any(kept):
                self._worker.post(f"{path}/restart", includeTasks="true")
            told = {"new": before is None, "changed": not same or any(kept)}
            return hide(after) | told | {"notes": examined.notes}

    def delete(self, name: str) -> list[str]:
        """Remove a connector; what it leaves behind."""
        with self._masked(), self._named(name) as path:
            config = self._worker.get(path)["config"]
            self._worker.delete(path)
        secrets = sorted({each for names in _secrets_of(config) for each in names})
        kept = [f"the secret `{each}` stays: amml secret remove {each}" for each in secrets]
        return [*defaults.left_behind(config), *kept]

    def users_of(self, secret: str) -> list[str]:
        """The connectors that refer to a secret."""
        with self._masked():
            every = self._worker.get("/connectors", expand="info")
        configs = {name: found["info"]["config"] for name, found in every.items()}
        return sorted(
            name
            for name, config in configs.items()
            if any(secret in names for names in _secrets_of(config))
        )

    def close(self) -> None:
        """Close the connections to the worker."""
        self._worker.close()

    def _prepared(self, name: str, given: Config) -> tuple[dict[str, str], list[str]]:
        """The configuration as it will be: its class chosen, defaults in place."""
        wrong = rules.problems(given, self._classes) | self._unknown_secrets(given)
        if given.get("name", name) != name:
            wrong["name"] = [f"expected {name}, or nothing"]
        if wrong:
            raise _refused(name, wrong)
        installed = [each["class"] for each in self._worker.get("/connector-plugins")]
        try:
            used, swapped = classes.chosen(given["connector.class"], installed)
        except LookupError as error:
            raise _refused(name, {"connector.class": [error.args[0]]}) from None
        config, parted = passwords.parted({**given, "name": name, "connector.class": used})
        config, added = defaults.completed(name, config)
        return config, [*([swapped] if swapped else []), *parted, *added]

    def _unknown_secrets(self, config: Config) -> dict[str, list[str]]:
        """References that nothing stands behind; where the folder is elsewhere, nobody knows."""
        known = self._secrets.names()
        found: dict[str, list[str]] = {}
        for key, names in passwords.referred(config).items():
            missing = [name for name in names if self._secrets.is_there and name not in known]
            if missing:
                found[key] = [_no_secret(name, known) for name in missing]
        return found

    def _infos(self, config: Config) -> dict[str, Any]:
        plugin = config["connector.class"]
        return self._worker.put(f"/connector-plugins/{plugin}/config/validate", dict(config))

    @contextmanager
    def _masked(self, plain: Iterable[str] = ()) -> Generator[Mask]:
        """Hides every secret there is, and those that were just given in plain."""
        hide = mask([*self._secrets.values().values(), *plain])
        with masking(hide):
            yield hide

    @contextmanager
    def _named(self, name: str) -> Generator[str]:
        """The path of a connector; where there is none of that name, the names there are."""
        try:
            yield f"/connectors/{name}"
        except NotFound:
            known = sorted(self._worker.get("/connectors"))
            there = f"there are {', '.join(known[:20])}" if known else "there are none yet"
            text = f"connector `{name}` does not exist; {there}"
            raise NotFound("no_connector", text, "Add it: amml connect add FILE") from None


_NO_FOLDER = (
    "a password in plain: this control API has no folder of secrets (AMML_SECRETS) to move it to. "
    "Put it into a file of the worker's own folder, and write ${secret:NAME}"
)


def _refused(name: str, wrong: Mapping[str, list[str]], more: Iterable[str] = ()) -> Refused:
    lines = [f"{key}: {text}" for key, texts in wrong.items() for text in texts]
    text = f"connector `{name}`: {lines[0]}" + (f" and {len(lines) - 1} more" * (len(lines) > 1))
    return Refused("wrong_config", text, problems=[*lines, *more], fields=wrong)


def _secrets_of(config: Config) -> Iterable[list[str]]:
    return passwords.referred(config).values()


def _no_secret(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    there = f"did you mean `{near[0]}`?" if near else f"amml secret set {name}"
    return f"there is no secret `{name}`; {there}"


def _told(mistyped: Mapping[str, str]) -> list[str]:
    return [f"{key}: nothing reads it; did you mean `{near}`?" for key, near in mistyped.items()]
