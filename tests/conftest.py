"""Settings shared by every test."""

import os

from hypothesis import HealthCheck, settings

# No test is judged by the clock; under CI the examples are the same on every run.
settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, database=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")
