"""Concurrent invocations of one function fail now and then with a 500.

A new execution environment is put into the shared dictionary before it is reserved, so that another invocation takes
it; and the dictionary is walked while others change it.
"""

import contextlib
import logging
import threading
from collections.abc import Iterator

from localstack.services.lambda_.invocation.assignment import AssignmentException, AssignmentService
from localstack.services.lambda_.invocation.execution_environment import ExecutionEnvironment, InvalidStatusException
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InitializationType

LOG = logging.getLogger(__name__)

_lock = threading.Lock()


def apply() -> None:
    AssignmentService.get_environment = get_environment


@contextlib.contextmanager
def get_environment(
    self: AssignmentService,
    version_manager_id: str,
    function_version: FunctionVersion,
    provisioning_type: InitializationType,
) -> Iterator[ExecutionEnvironment]:
    environment = _reserve_idle(self, version_manager_id, provisioning_type)
    if environment is None:
        if provisioning_type == InitializationType.provisioned_concurrency:
            raise AssignmentException("No provisioned concurrency environment available despite lease.")
        environment = self.start_environment(version_manager_id, function_version)
        with _lock:
            environment.reserve()
            self.environments[version_manager_id][environment.id] = environment
    try:
        yield environment
        environment.release()
    except InvalidStatusException as error:
        LOG.error("environment %s: %s", environment.id, error)
    except Exception as error:
        LOG.error("invocation failed: %r", error, exc_info=LOG.isEnabledFor(logging.DEBUG))
        self.stop_environment(environment)
        raise


def _reserve_idle(
    service: AssignmentService, version_manager_id: str, provisioning_type: InitializationType
) -> ExecutionEnvironment | None:
    with _lock:
        for environment in list(service.environments[version_manager_id].values()):
            if environment.initialization_type != provisioning_type:
                continue
            try:
                environment.reserve()
                return environment
            except InvalidStatusException:
                continue
    return None
