"""Runs cfn-lint and checkov over the templates and compares what they find with `acknowledged.yaml`, both ways."""

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

INFRA = Path(__file__).resolve().parent.parent
# The platform's templates in both styles, and those that show every extension point.
FOLDERS = [INFRA / "stacks", INFRA / "orchestration", INFRA.parent / "shared" / "waxseal-infra" / "tests" / "examples"]
BIN = Path(sys.executable).parent
# (scanner, id, resource type, resource, message)
Finding = tuple[str, str, str, str, str]


def cfn_lint(stacks: list[Path]) -> list[Finding]:
    """Errors and warnings; a finding is about the resource that its path leads through."""
    done = subprocess.run(
        [BIN / "cfn-lint", "--format", "json", *stacks], capture_output=True, text=True, check=False
    )
    # A bit for each level of findings. 1, or a number above 15, says that the linter could not run.
    if done.returncode & ~0b1110:
        sys.exit(f"infra: cfn-lint failed: {done.stderr.strip()}")
    findings = []
    for match in json.loads(done.stdout or "[]"):
        stack = Path(match["Filename"])
        path = match["Location"].get("Path") or []
        resource = path[1] if len(path) > 1 and path[0] == "Resources" else ""
        kind = yaml.safe_load(stack.read_text(encoding="utf-8"))["Resources"].get(resource, {}).get("Type", "")
        findings.append(("cfn-lint", match["Rule"]["Id"], kind, f"{stack.name}: {resource}", match["Message"]))
    return findings


def checkov(stacks: Path) -> list[Finding]:
    """Failed checks. A template that it cannot read, or none at all, is an error and not a clean result."""
    done = subprocess.run(
        # From inside the folder: checkov takes an absolute path of 40 characters for a secret.
        [BIN / "checkov", "-d", ".", "--framework", "cloudformation", "--quiet", "--compact", "--skip-download"]
        + ["-o", "json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=stacks,
        # It would ask its makers for guidelines otherwise.
        env=os.environ | {"BC_SKIP_MAPPING": "TRUE", "LOG_LEVEL": "ERROR"},
    )
    try:
        report = json.loads(done.stdout)
        summary = report["summary"]
    except (ValueError, KeyError, TypeError):
        sys.exit(f"infra: checkov failed: {done.stderr.strip() or done.stdout.strip()}")
    if summary["parsing_errors"] or not summary["passed"] or summary["skipped"]:
        sys.exit(f"infra: checkov did not read everything: {summary}")
    findings = []
    for failed in report["results"]["failed_checks"]:
        kind, _, resource = failed["resource"].partition(".")
        at = f"{Path(failed['file_path']).name}: {resource}"
        findings.append(("checkov", failed["check_id"], kind, at, failed["check_name"]))
    return findings


def main() -> int:
    written = {folder: sorted(folder.glob("*.yaml")) for folder in FOLDERS}
    for folder, files in written.items():
        if not files:
            sys.exit(f"infra: there are no stacks in {folder}: run `make infra`")
    stacks = [file for files in written.values() for file in files]
    acknowledged = yaml.safe_load((INFRA / "acknowledged.yaml").read_text(encoding="utf-8"))
    for entry in acknowledged:
        if not entry.get("reason", "").strip():
            sys.exit(f"infra: acknowledged.yaml: {entry.get('id')} has no reason")
    open_keys = {(entry["scanner"], entry["id"], entry["kind"]) for entry in acknowledged}
    findings = cfn_lint(stacks) + [finding for folder in FOLDERS for finding in checkov(folder)]

    matched = {finding[:3] for finding in findings}
    unknown = [finding for finding in findings if finding[:3] not in open_keys]
    for scanner, rule, kind, at, message in unknown:
        print(f"infra: {at}: {message} ({scanner} {rule} on {kind})")
    stale = sorted(open_keys - matched)
    for scanner, rule, kind in stale:
        print(f"infra: acknowledged.yaml: {scanner} {rule} on {kind} is found no more: remove the entry")
    if unknown or stale:
        return 1
    print(f"infra: {len(stacks)} templates, clean but for {len(findings)} findings of {len(open_keys)} acknowledged kinds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
