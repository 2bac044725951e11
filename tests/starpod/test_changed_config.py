"""What was changed while the agent ran lies over its blueprint."""

from actors.agent import settings as agent
from actors.gateway import settings as gateway
from actors.llm import settings as llm
from starpod.sources import decided_here
from starpod.workspace import instance_in
from tests.starpod.configured import load
from tests.starpod.conftest import Workspace


class TestWhatWasChangedWhileItRan:
    def test_lies_over_the_blueprint_and_survives_its_renewal(self, workspace: Workspace) -> None:
        load(workspace, "max_turns = 5\n[compaction]\ncontext_budget = 6\n")
        workspace.write(".instances/bot/.starpod/config.local.toml", "[compaction]\ncontext_budget = 7\n")

        loaded = load(
            workspace, "max_turns = 8\n[compaction]\ncontext_budget = 9\n", frontend='greeting = "a"'
        )

        assert loaded.of(agent.Settings).max_turns == 8
        assert loaded.of(agent.Settings).compaction.context_budget == 7

    def test_may_be_the_start_page(self, workspace: Workspace) -> None:
        workspace.write(".instances/bot/.starpod/config.local.toml", 'greeting = "mine"\n')

        loaded = load(workspace, "", frontend='greeting = "theirs"\nprompts = ["a"]\n')

        assert loaded.of(gateway.Settings) == gateway.Settings(greeting="mine", prompts=("a",))

    def test_a_model_that_was_chosen_leaves_the_blueprints_provider_behind(
        self, workspace: Workspace
    ) -> None:
        workspace.write(".instances/bot/.starpod/config.local.toml", 'provider = "openai"\n')

        loaded = load(workspace, 'provider = "groq"\nmodel = "a"\n')

        assert (loaded.of(llm.Settings).provider, loaded.of(llm.Settings).model) == ("openai", None)

    def test_is_what_the_blueprint_no_longer_decides(self, workspace: Workspace) -> None:
        load(workspace, "max_turns = 5\n[compaction]\ncontext_budget = 6\n", frontend='greeting = "a"')
        instance = instance_in(workspace.root, "bot")
        assert decided_here(instance) == []

        workspace.write(
            ".instances/bot/.starpod/config.local.toml",
            'greeting = "b"\nmax_tokens = 1\n[compaction]\ncontext_budget = 7\n',
        )

        assert decided_here(instance) == ["greeting", "compaction.context_budget"]
