"""A custom runtime in the standard library: does what its event says. The tests zip it with a first line before it."""

import base64
import http.client
import json
import os
import signal
import subprocess
import sys
import time

API = "/2018-06-01/runtime/"
started = time.time()
count = 0


def note(**entry):
    """Appends to the test's journal: one write, so that lines of several processes stay whole."""
    if path := os.environ.get("JOURNAL"):
        line = json.dumps({"pid": os.getpid(), **entry}) + "\n"
        with open(path, "a") as journal:
            journal.write(line)


def handle(event, headers):
    global count
    count += 1
    if "Records" in event:
        return batch(event["Records"])
    match event.get("do"):
        case "sleep":
            print("sleeping", flush=True)
            time.sleep(event["seconds"])
        case "exit":
            print("about to exit", flush=True)
            os._exit(event["code"])
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "raise":
            raise ValueError("no such order")
        case "grandchild":
            child = subprocess.Popen(["sleep", "600"])
            return {"pid": os.getpid(), "child": child.pid}
        case "large":
            return "x" * event["bytes"]
        case "say":
            print(event["words"], flush=True)
    return {
        "pid": os.getpid(),
        "count": count,
        "event": event,
        "environment": dict(os.environ),
        "headers": {name.lower(): value for name, value in headers.items()},
        "now": time.time(),
    }


def batch(records):
    """Notes each record; one whose body says so fails alone, until the file that it names exists."""
    failures = []
    for record in records:
        body = payload(record)
        cured = os.path.exists(body.get("until", ""))
        failed = body.get("fail", False) and not cured
        note(record=record, failed=failed)
        if failed:
            failures.append({"itemIdentifier": record.get("messageId") or record["kinesis"]["sequenceNumber"]})
    return {"batchItemFailures": failures}


def payload(record):
    if "kinesis" in record:
        return json.loads(base64.b64decode(record["kinesis"]["data"]))
    return json.loads(record["body"]) if "body" in record else {}


def main():
    note(started=started)
    match os.environ.get("INIT"):
        case "exit":
            print("cannot start", flush=True)
            sys.exit(7)
        case "error":
            post("init/error", {"errorType": "Setup.Missing", "errorMessage": "no table"})
            sys.exit(1)
    while True:
        request = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
        request.request("GET", API + "invocation/next")
        response = request.getresponse()
        event = json.loads(response.read())
        identity = response.headers["Lambda-Runtime-Aws-Request-Id"]
        try:
            answer = handle(event, response.headers)
        except Exception as error:
            post(f"invocation/{identity}/error", {"errorType": type(error).__name__, "errorMessage": str(error)})
        else:
            post(f"invocation/{identity}/response", answer)


def post(path, body):
    request = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    request.request("POST", API + path, json.dumps(body))
    request.getresponse().read()


main()
