"""An agent with a scripted model for tests that are no Python, such as those of the page.

    python -m tests.fakes.agent_process

writes one line of JSON once the agent can be spoken to: ``url``, the operator's ``token``, its ``home`` and the address
of the ``model``. A line ``restart`` on standard input starts it again at the same address and writes the line anew. The
end of standard input ends it.
"""

import json
import signal
import sys
import tempfile
from pathlib import Path

from tests.browser.agent import Agent, agent_in
from tests.fakes.model_process import model_process


def main() -> None:
    """Run until nobody listens any more."""
    with tempfile.TemporaryDirectory() as folder, model_process() as model:
        with agent_in(Path(folder) / "aster", model) as agent:
            _tell(agent, model)
            for line in sys.stdin:
                if line.strip() == "restart":
                    agent.end(signal.SIGTERM)
                    agent.start()
                    _tell(agent, model)


def _tell(agent: Agent, model: str) -> None:
    told = {"url": agent.url, "token": agent.daemon.token, "home": str(agent.place.home), "model": model}
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
