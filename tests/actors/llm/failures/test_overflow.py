"""What providers were seen to say, in public reports and in their sources."""

import pytest

from actors.llm.failures.overflow import is_overflow

TOO_LONG = [
    # in other languages, as gateways tell it
    (400, "Prompt 超长"),
    (400, "请求的 token 数量超出了模型的最大限制"),
    (400, "輸入內容過長，超過模型上下文長度"),
    (400, "入力が長すぎます。コンテキスト長の上限を超えています"),
    (400, "입력이 너무 깁니다. 최대 컨텍스트 길이를 초과했습니다"),
    (400, "Die Eingabe ist zu lang: 5000 Token, erlaubt sind 4096"),
    (400, "Die maximale Kontextlänge wurde überschritten"),
    (400, "La longueur du prompt dépasse la fenêtre de contexte du modèle"),
    (400, "La entrada es demasiado larga para el modelo (5000 tokens, máximo 4096)"),
    (400, "A mensagem é longa demais: limite de contexto excedido"),
    (400, "Il testo è troppo lungo per il modello"),
    (400, "Il testo in ingresso è troppo lungo per il modello"),
    (400, "Превышена максимальная длина контекста"),
    # MLX, KoboldCpp
    (400, "Prompt length 5000 > max_kv_size 4096"),
    (400, "Context shift failed: prompt of 5000 tokens does not fit n_ctx 4096"),
    # Anthropic
    (400, "prompt is too long: 213462 tokens > 200000 maximum"),
    (400, "input length and `max_tokens` exceed context limit: 195000 + 20000 > 200000, decrease input length"),
    (413, "Request exceeds the maximum size"),
    (413, "Request size exceeds model context window"),
    # OpenAI and Azure
    (400, "This model's maximum context length is 8192 tokens. However, your messages resulted in 8545 tokens."),
    (400, "Your input exceeds the context window of this model. Please adjust your input and try again."),
    (400, "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300000 tokens."),
    # Gemini
    (400, "The input token count (1196265) exceeds the maximum number of tokens allowed (1048575)."),
    (400, "The input token count exceeds the maximum number of tokens allowed 1048576."),
    # Bedrock
    (400, "Input is too long for requested model."),
    (400, "The model returned the following errors: prompt is too long: 210000 tokens > 200000 maximum"),
    (400, "Too many input tokens. Max input tokens: 128000, request input token count: 140000"),
    # Groq
    (400, "Please reduce the length of the messages or completion."),
    # OpenRouter
    (400, "This endpoint's maximum context length is 131072 tokens. However, you requested about 140000 tokens"),
    # xAI
    (400, "This model's maximum prompt length is 131072 but the request contains 537812 tokens."),
    # llama.cpp
    (400, "request (4267 tokens) exceeds the available context size (4096 tokens), try increasing it"),
    (500, "the request exceeds the available context size. try increasing the context size or enable context shift"),
    (500, "Context size has been exceeded."),
    (None, "Context size has been exceeded."),
    (500, "input is too large to process. increase the physical batch size"),
    (500, "context shift is disabled; context full: the prompt does not fit in the context"),
    # LM Studio
    (400, "The number of tokens to keep from the initial prompt is greater than the context length."),
    (400, "Trying to keep the first 111490 tokens when context the overflows. However, the model is loaded with"),
    (400, "Reached context length of 4096 tokens with model (arch: qwen3) that does not currently support it"),
    # vLLM
    (400, ("This model's maximum context length is 8192 tokens. However, you requested 0 output tokens and your prompt "
     "contains at least 8193 input tokens, for a total of at least 8193 tokens. Please reduce the length of the "
     "input prompt or the number of requested output tokens. (parameter=input_tokens, value=8193)")),
    (400, "The decoder prompt (length 40000) is longer than the maximum model length of 32768."),
    # SGLang, TensorRT-LLM, TGI
    (400, "The input (40000 tokens) is longer than the model's context length (32768 tokens)."),
    (400, "Requested token count exceeds the model's maximum context length of 32768 tokens."),
    (400, "Input length (265330) exceeds model's maximum context length (262144)."),
    (422, "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens"),
    (422, "Input validation error: `inputs` must have less than 4095 tokens. Given: 5000"),
    # Ollama
    (400, "input length exceeds maximum context length"),
    (500, "the prompt is too long; model context window is 4096"),
    # LiteLLM
    (400, "litellm.ContextWindowExceededError: litellm.BadRequestError: too long"),
    # Mistral
    (400, "Prompt contains 65673 tokens and 0 draft tokens, too large for model with 32768 maximum context length"),
    # Cohere
    (400, "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5000."),
    # DeepSeek
    (400, ("This model's maximum context length is 65536 tokens. However, you requested 70000 tokens (62000 in the "
     "messages, 8000 in the completion). Please reduce the length of the messages or completion.")),
    # Kimi, MiniMax, GitHub Copilot, Z.ai, DashScope, Doubao
    (400, "Invalid request: Your request exceeded model token limit: 131072"),
    (400, "invalid params, context window exceeds limit (2013)"),
    (400, "prompt token count of 130000 exceeds the limit of 128000"),
    (400, "Prompt exceeds max length"),
    (400, "Range of input length should be [1, 30720]"),
    (400, "Total tokens of image and text exceed max message tokens"),
    (400, "输入文本过长, 超过模型上下文长度"),
    # proxies
    (400, "token limit exceeded"),
    (400, "Requested tokens (2083) exceed context window of 2048"),
    (400, "Token indices sequence length is longer than the specified maximum sequence length for this model"),
    (400, "The request exceeds the token limit."),
    (400, "This model only supports up to 4096 tokens, you sent 5000"),
    (400, "conversation is too long"),
    (400, "The conversation history is too long, please start a new one"),
    (400, "messages are too long"),
    (500, "CONTEXT WINDOW EXCEEDED"),
    (413, ""),
    (413, "Request Entity Too Large"),
]  # fmt: skip

NOT_THAT = [
    (429, ("Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Used 29000, "
     "Requested 2000. Please try again in 2s.")),
    (400, "Rate limit reached on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000."),
    (413, ("Request too large for model `llama-3.3-70b` in organization `org` service tier `on_demand` on tokens per "
     "minute (TPM): Limit 6000, Requested 7431, please reduce your message size and try again.")),
    (429, ("Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 40000. The input or output "
     "tokens must be reduced in order to run successfully.")),
    (429, "Too many tokens, please wait before trying again."),
    (None, "Too many tokens, please wait before trying again."),
    (400, "ThrottlingException: Too many tokens per day, please wait before trying again."),
    (429, "Number of request tokens has exceeded your per-minute rate limit"),
    (429, "This request would exceed your organization's rate limit of 40,000 input tokens per minute."),
    (429, "Extra usage is required for long context requests."),
    (429, "You exceeded your current quota, please check your plan and billing details."),
    (None, "Quota exceeded for quota metric 'Generate Content API requests per minute'"),
    (400, ("max_tokens is too large: 16384. This model supports at most 4096 completion tokens, whereas you provided "
     "16384.")),
    (400, "max_tokens: 16384 > 8192, which is the maximum allowed number of output tokens for claude-3-5-haiku"),
    (400, ("`max_tokens` must be less than or equal to `8192`, the maximum value for `max_tokens` is less than the "
     "`context_window` for this model")),
    (400, "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]"),
    (400, "max_tokens must be at most 4096"),
    (400, "`max_tokens` must be greater than `thinking.budget_tokens`."),
    (400, "messages.0.content.1.image.source.base64: image exceeds 5 MB maximum: 6000000 bytes > 5242880 bytes"),
    (400, "Image is too large"),
    (400, "input image is too large"),
    (400, "At least one of the image dimensions exceed max allowed size: 8000 pixels"),
    (400, "Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array with 140."),
    (400, "Invalid 'tools[0].function.name': string too long. Expected a string with maximum length 64, got 80."),
    (400, "Unrecognized request argument supplied: context_window"),
    (400, "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'."),
    (400, "bad grammar in the request"),
    (404, "The model `gpt-9` does not exist or you do not have access to it."),
    (401, "Incorrect API key provided"),
    (500, "Internal server error"),
    (503, "Overloaded"),
    (503, "Loading model"),
    (None, "Provider returned error"),
    (400, "The response was filtered due to the prompt triggering content management policy."),
    (400, "tool_use ids were found without tool_result blocks immediately after: toolu_1."),
    (400, ""),
]  # fmt: skip


@pytest.mark.parametrize(("status", "message"), TOO_LONG)
def test_a_conversation_that_is_too_long_is_known_in_any_words(status: int | None, message: str) -> None:
    assert is_overflow(status, (), message)


@pytest.mark.parametrize(("status", "message"), NOT_THAT)
def test_what_is_said_in_much_the_same_words_is_not_taken_for_it(status: int | None, message: str) -> None:
    assert not is_overflow(status, (), message)


@pytest.mark.parametrize(
    "name",
    [
        "context_length_exceeded",
        "model_context_window_exceeded",
        "ContextWindowExceededError",
        "exceed_context_size_error",
        "request_too_large",
        "model_max_prompt_tokens_exceeded",
        "prompt_too_long",
    ],
)
def test_a_name_says_it_whatever_the_words(name: str) -> None:
    assert is_overflow(400, ("400", name), "no")
    assert is_overflow(None, (name,), "")


def test_a_name_of_a_limit_in_time_goes_before_the_words() -> None:
    assert not is_overflow(
        413, ("rate_limit_exceeded",), "Request too large, reduce the length of the messages"
    )
    assert not is_overflow(None, ("RESOURCE_EXHAUSTED",), "too many tokens")


def test_long_texts_are_read_in_little_time() -> None:
    for text in ("context " * 50_000, "exceed" * 50_000, "input tokens " * 30_000, "max_tokens " * 30_000):
        is_overflow(400, (), text[:400])
