import httpx
from llama_index.core.llms import MockLLM
from openai import APITimeoutError

from eval.questions import Question
from eval.systems import Bench, open_system
from rag.fakes import ScriptedModel
from tests.newsroom import seed_service


class Endless(ScriptedModel):
    """Under LlamaIndex it writes until nobody waits any more."""

    def llama_index_llm(self):
        class Writing(MockLLM):
            def complete(self, *_args, **_kwargs):
                raise APITimeoutError(httpx.Request("POST", "http://127.0.0.1/v1"))

            chat = predict = complete

        return Writing()


def test_a_peer_that_writes_without_end_has_not_answered(tmp_path):
    service = seed_service(tmp_path, llm=Endless(""))
    answer = open_system("citation-engine", Bench(service, {}))(Question("1", "莲心办在哪里？"))
    service.close()
    assert answer["outcome"] == "not_found"
    assert answer["claims"] == []
    assert answer["timings"]["total_ms"] > 0
