"""The work of `deploy` beside the aws commands: packages of binaries, and parameters of templates."""

import json
import os
import re
import sys
import tempfile
import zipfile
from pathlib import Path

import yaml


def pack(binary: Path, package: Path) -> None:
    """Zips a binary as `bootstrap`. The same binary gives the same bytes, so an unchanged function is not deployed again."""
    entry = zipfile.ZipInfo("bootstrap", date_time=(1980, 1, 1, 0, 0, 0))
    entry.external_attr = 0o755 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    package.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder, then renamed: an upload meanwhile sees the old package or the new one.
    with tempfile.NamedTemporaryFile(dir=package.parent, delete=False) as file:
        with zipfile.ZipFile(file, "w") as archive:
            # Named here: an entry that brings its own type does not take the archive's level.
            archive.writestr(entry, binary.read_bytes(), compresslevel=1)
    Path(file.name).replace(package)


def variable(parameter: str) -> str:
    """`PaymentGatewayUrl` is `PAYMENT_GATEWAY_URL`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", parameter).upper()


def parameters(template: Path) -> list[dict[str, str]]:
    """The template's parameters from the environment; an absent one keeps its default."""
    declared = yaml.safe_load(template.read_text(encoding="utf-8"))["Parameters"]
    missing, given = [], []
    for name, parameter in declared.items():
        value = os.environ.get(variable(name), "")
        if value:
            given.append({"ParameterKey": name, "ParameterValue": value})
        elif "Default" not in parameter:
            # An outside setting's description starts with its variable.
            about = parameter["Description"]
            missing.append(f"set {about}" if about.startswith(variable(name)) else f"set {variable(name)}: {about}")
    if missing:
        sys.exit("\n".join(f"infra: {template.stem}: {line}" for line in missing))
    return given


def main() -> None:
    match sys.argv[1:]:
        case ["pack", binary, package]:
            pack(Path(binary), Path(package))
        case ["parameters", template]:
            json.dump(parameters(Path(template)), sys.stdout)
        case _:
            sys.exit("usage: prepare.py pack BINARY PACKAGE | parameters TEMPLATE")


if __name__ == "__main__":
    main()
