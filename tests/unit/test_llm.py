import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from rag.breaker import Breaker
from rag.errors import LLMError, ModelError
from rag.llm import ChatModel, open_llm
from rag.protocols import ModelState, Watched
from rag.settings import Settings
from tests.newsroom import seed_service
from tests.unit.faulty import KEY, FaultyServer, faulty_server


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with faulty_server() as running:
        yield running


@pytest.fixture
def model(server: FaultyServer) -> Callable[..., ChatModel]:
    def make(*modes: str, **settings: object) -> ChatModel:
        server.modes = list(modes)
        given = {"llm_retries": 0, "llm_base_url": server.url} | settings
        opened = open_llm(Settings(llm="openai", llm_model="m", **given))
        assert opened is not None
        return opened

    return make


def test_an_answer_streams_with_its_token_counts(model: Callable[..., ChatModel]):
    deltas = list(model("good").stream("系统", "问题"))
    assert "".join(delta.text for delta in deltas) == "下沉干部120人次"
    assert (deltas[-1].prompt_tokens, deltas[-1].output_tokens) == (7, 3)


@pytest.mark.parametrize(
    ("mode", "said"),
    [("500", "refused: 500"), ("429", "refused: 429"), ("malformed", "not an answer"), ("cut", "in the middle")],
)
def test_a_servers_fault_is_one_clear_error(model: Callable[..., ChatModel], mode: str, said: str):
    with pytest.raises(LLMError, match=said):
        list(model(mode).stream("系统", "问题"))


def test_how_likely_the_first_word_was_is_told(model: Callable[..., ChatModel], server: FaultyServer):
    answer = model("likely").told("系统", "问题", shots=[("例题", "例答")])
    assert answer is not None
    assert answer.text == "能"
    assert answer.lean(("能", "有"), ("否", "不")) == pytest.approx(-0.5 - -1.5)
    # What is not among the likeliest is a little less likely than all of them.
    assert answer.lean(("能",), ("未",)) == pytest.approx(-0.5 - (-3.0 - 1.0))
    assert answer.lean_from("能") == pytest.approx(-1.5 - -0.5)
    talk = [(message["role"], message["content"]) for message in server.asked[-1]["messages"]]
    assert talk == [("system", "系统"), ("user", "例题"), ("assistant", "例答"), ("user", "问题")]


@pytest.mark.parametrize("mode", ["good", "400"])
def test_a_server_that_tells_no_probabilities_tells_nothing(model: Callable[..., ChatModel], mode: str):
    assert model(mode).told("系统", "问题") is None


def test_telling_fails_as_an_answer_does(model: Callable[..., ChatModel]):
    with pytest.raises(LLMError, match="refused: 500"):
        model("500").told("系统", "问题")


def test_a_server_that_is_down_is_named(model: Callable[..., ChatModel], server: FaultyServer):
    opened = model("good")
    server.shutdown()
    server.server_close()
    with pytest.raises(LLMError, match="cannot be reached"):
        list(opened.stream("系统", "问题"))


def test_silence_longer_than_the_timeout_is_an_error(model: Callable[..., ChatModel], server: FaultyServer):
    server.silence = 3.0
    with pytest.raises(LLMError, match="gave no word"):
        list(model("slow", llm_timeout=0.3).stream("系统", "问题"))


def test_a_reader_who_leaves_ends_the_servers_work(model: Callable[..., ChatModel], server: FaultyServer):
    leave = threading.Event()
    seen = []
    for delta in model("slow").stream("系统", "问题", cancelled=leave):
        seen.append(delta.text)
        leave.set()
    assert seen == ["下沉"]
    assert server.hung_up.wait(5)


def test_closing_the_stream_ends_the_servers_work(model: Callable[..., ChatModel], server: FaultyServer):
    stream = model("slow").stream("系统", "问题")
    assert next(stream).text == "下沉"
    stream.close()
    assert server.hung_up.wait(5)


def test_incomplete_settings_say_what_is_missing():
    with pytest.raises(LLMError, match="BAOWEN_LLM_BASE_URL"):
        open_llm(Settings(llm="openai"))
    assert open_llm(Settings(llm="none")) is None


def test_a_missing_model_file_says_how_to_get_it(tmp_path):
    with pytest.raises(ModelError, match="baowen models pull"):
        open_llm(Settings(llm="embedded", llm_path=str(tmp_path / "none.gguf")))


@pytest.mark.parametrize("fault", ["429", "500"])
def test_a_server_that_was_busy_is_asked_again(model: Callable[..., ChatModel], server: FaultyServer, fault: str):
    opened = model(fault, "good", llm_retries=1)
    assert "".join(delta.text for delta in opened.stream("系统", "问题")) == "下沉干部120人次"
    assert len(server.asked) == 2
    assert opened.state() == ModelState(calls=1, faults=0, prompt_tokens=7, output_tokens=3, paused=False)


def told(opened: ChatModel) -> str:
    """What the model says, or why it says nothing."""
    try:
        return "".join(delta.text for delta in opened.stream("系统", "问题"))
    except LLMError as error:
        return str(error)


@pytest.mark.parametrize("fault", ["500", "cut", "malformed"])
def test_after_faults_in_a_row_the_server_is_left_alone(
    model: Callable[..., ChatModel], server: FaultyServer, fault: str
):
    opened = model(fault, llm_faults=2, llm_pause=1000)
    first = told(opened)
    told(opened)
    asked = len(server.asked)
    said = told(opened)
    assert "failed 2 times in a row: it is not asked before" in said
    assert first in said
    assert len(server.asked) == asked
    assert isinstance(opened, Watched)
    assert opened.state().paused
    assert opened.state().faults == 2
    assert not opened.reachable()
    with pytest.raises(LLMError, match="in a row"):
        opened.told("系统", "问题")


def test_a_good_answer_between_faults_starts_the_count_anew(model: Callable[..., ChatModel]):
    opened = model("500", "good", "500", "good", llm_faults=2)
    assert ["refused: 500" in told(opened) for _ in range(4)] == [True, False, True, False]
    assert not opened.state().paused


def test_zero_faults_means_never(model: Callable[..., ChatModel], server: FaultyServer):
    opened = model("500", llm_faults=0)
    assert ["refused: 500" in told(opened) for _ in range(5)] == [True] * 5
    assert len(server.asked) == 5


def test_what_is_no_fault_of_the_server_does_not_count_and_does_not_hide_one(model: Callable[..., ChatModel]):
    left = threading.Event()
    opened = model("500", "400", "slow", "slow", "500", "good", llm_faults=2, llm_pause=1000)
    told(opened)
    assert opened.told("系统", "问题") is None
    for _ in opened.stream("系统", "问题", cancelled=left):
        left.set()
    stream = opened.stream("系统", "问题")
    next(stream)
    stream.close()
    assert not opened.state().paused
    told(opened)
    assert opened.state().paused
    assert opened.state().faults == 2


def test_after_the_pause_one_call_tries_and_a_good_one_opens_the_way():
    clock = [0.0]
    breaker = Breaker("the model", 2, 30.0, lambda: clock[0])
    for _ in range(2):
        breaker.ended(breaker.begin())
        breaker.failed("it burnt")
    with pytest.raises(LLMError, match=r"\(30 s\)\. The last time: it burnt"):
        breaker.begin()
    clock[0] = 30.0
    trial = breaker.begin()
    with pytest.raises(LLMError, match="one call is trying"):
        breaker.begin()
    breaker.ended(trial)  # it was given up: the next one tries
    trial = breaker.begin()
    breaker.failed("it burns still")
    breaker.ended(trial)
    with pytest.raises(LLMError, match="burns still"):
        breaker.check()
    clock[0] = 60.0
    trial = breaker.begin()
    breaker.succeeded()
    breaker.ended(trial)
    assert not breaker.open
    breaker.ended(breaker.begin())
    breaker.ended(breaker.begin())


def test_a_server_that_recovers_is_used_again(model: Callable[..., ChatModel]):
    opened = model("500", "good", llm_faults=1, llm_pause=0.01)
    assert "500" in told(opened)
    time.sleep(0.02)
    assert told(opened) == "下沉干部120人次"
    assert not opened.state().paused


def test_no_more_requests_than_places_are_in_hand(model: Callable[..., ChatModel], server: FaultyServer):
    opened = model("held", llm_at_once=2)
    answers: list[str] = []
    threads = [threading.Thread(target=lambda: answers.append(told(opened))) for _ in range(6)]
    for thread in threads:
        thread.start()
    while server.now < 2:
        time.sleep(0.01)
    leave = threading.Event()
    leave.set()
    assert list(opened.stream("系统", "问题", cancelled=leave)) == []  # it would wait, and was told to stop
    server.go.set()
    for thread in threads:
        thread.join()
    assert answers == ["下沉干部120人次"] * 6
    assert server.most == 2
    assert len(server.asked) == 6


def test_who_waits_is_told_when_the_server_is_given_up(model: Callable[..., ChatModel], server: FaultyServer):
    opened = model("held", "500", llm_at_once=1, llm_faults=1, llm_pause=1000)
    stream = opened.stream("系统", "问题")
    starting = threading.Thread(target=next, args=(stream,))
    starting.start()
    while not server.now:
        time.sleep(0.01)
    said: list[str] = []
    waiting = threading.Thread(target=lambda: said.append(told(opened)))
    waiting.start()
    opened._breaker.failed("another process's fault")
    waiting.join()
    assert "another process's fault" in said[0]
    server.go.set()
    starting.join()
    stream.close()
    assert len(server.asked) == 1


def test_reachable_is_a_server_that_answers_anything(model: Callable[..., ChatModel]):
    assert model("good", llm_api_key=KEY).reachable()
    assert model("good", llm_api_key="wrong").reachable()
    assert not model("good", llm_base_url="http://127.0.0.1:1/v1").reachable()


QUESTION = "“莲心办”服务累计下沉干部多少人次？"


def test_a_reader_is_told_why_the_words_are_the_sources(model: Callable[..., ChatModel], tmp_path):
    opened = model("500", llm_faults=1, llm_pause=1000)
    service = seed_service(tmp_path, llm=opened)
    try:
        answers = [service.ask(QUESTION) for _ in range(2)]
        digest = service.digest()
    finally:
        service.close()
    for answer in answers:
        assert answer.outcome == "answered"
        assert "120人次" in answer.answer
    assert any("改用原文作答" in note and "refused: 500" in note for note in answers[0].notes)
    assert any("改用原文作答" in note and "is not asked before" in note for note in answers[1].notes)
    assert any("其余为原文摘录" in note and "is not asked before" in note for note in digest.notes)
    assert digest.items
    assert digest.llm == "none"


# Eight threads of a new process, switched often; each opens a model, half of them the language model.
_AT_ONCE = """
import sys, threading
from rag.embedding_server import ServerEmbedder
from rag.llm import open_llm
from rag.settings import Settings

settings = Settings(llm="openai", llm_model="m", llm_base_url="http://127.0.0.1:9/v1",
                    embedding_model="e", embedding_base_url="http://127.0.0.1:9/v1")
sys.setswitchinterval(1e-5)
start, failed = threading.Barrier(8), []

def open_one(number):
    start.wait()
    try:
        if number % 2:
            open_llm(settings).llama_index_llm()
        else:
            ServerEmbedder(settings).llama_index_embedding()
    except BaseException as error:
        failed.append(repr(error))

threads = [threading.Thread(target=open_one, args=(number,)) for number in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(failed)
"""


def test_threads_that_open_models_at_once_do_not_see_llamaindex_half_imported():
    done = subprocess.run([sys.executable, "-c", _AT_ONCE], check=False, capture_output=True, text=True, timeout=300)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr[-2000:]
