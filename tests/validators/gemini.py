"""What Gemini's own interface takes: the oracle of every request that we build for it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.validators.strict import demand, is_base64, is_plain_json, is_said, only

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}")
FILES = ("image/png", "image/jpeg", "image/webp", "image/heic", "image/heif", "application/pdf")
FIELDS = ("contents", "system_instruction", "tools", "toolConfig", "generationConfig", "safetySettings")
KEYWORDS = {
    "type", "format", "title", "description", "enum", "items", "prefixItems", "minItems", "maxItems", "minimum",
    "maximum", "anyOf", "properties", "additionalProperties", "required", "propertyOrdering", "$defs",
}  # fmt: skip
TASKS = (
    "RETRIEVAL_QUERY", "RETRIEVAL_DOCUMENT", "SEMANTIC_SIMILARITY", "CLASSIFICATION", "CLUSTERING",
    "QUESTION_ANSWERING", "FACT_VERIFICATION", "CODE_RETRIEVAL_QUERY",
)  # fmt: skip
TYPES = {"string", "number", "integer", "boolean", "array", "object", "null"}
Part = Mapping[str, Any]


def check(body: Mapping[str, Any], *, model: str = "gemini-3-pro-preview") -> None:
    """Raise Refused unless the interface takes `body` for `model`."""
    is_plain_json(body)
    only(body, FIELDS, "body")
    since_3 = bool(re.match(r"gemini-[3-9]", model))
    if "system_instruction" in body:
        for part in body["system_instruction"]["parts"]:
            demand(is_said(part["text"]), "system_instruction: blank")
    _tools(body.get("tools"))
    _config(body.get("generationConfig", {}), model, since_3=since_3)
    demand(body["contents"], "contents must not be empty")
    calls: list[Part] = []
    for at, content in enumerate(body["contents"]):
        where, parts = f"contents[{at}]", content["parts"]
        only(content, ("role", "parts"), where)
        demand(content["role"] == ("user", "model")[at % 2], f"{where}: roles must take turns")
        demand(parts, f"{where}: no parts")
        if content["role"] == "user":
            _of_person(parts, where, calls, since_3=since_3)
            calls = []
        else:
            calls = list(_of_model(parts, where, since_3=since_3))
    demand(body["contents"][-1]["role"] == "user", "the last content is the model's")


def check_embeds(body: Mapping[str, Any], *, model: str) -> None:
    """Raise Refused unless the interface makes vectors of what is in `body`."""
    is_plain_json(body)
    only(body, ("requests",), "body")
    demand(0 < len(body["requests"]) <= 100, "at most 100 requests can be in one batch")
    for at, request in enumerate(body["requests"]):
        where = f"requests[{at}]"
        only(request, ("model", "content", "taskType", "title", "outputDimensionality"), where)
        demand(request["model"] == f"models/{model}", f"{where}: model must be that of the batch")
        demand(request.get("taskType") in {*TASKS, None}, f"{where}: unknown taskType")
        demand(1 <= request.get("outputDimensionality", 1) <= 3072, f"{where}: outputDimensionality")
        only(request["content"], ("parts", "role"), where)
        demand(request["content"]["parts"], f"{where}: no parts")
        for part in request["content"]["parts"]:
            demand(is_said(part["text"]), f"{where}: empty text")


def _of_person(parts: Sequence[Part], where: str, calls: Sequence[Part], *, since_3: bool) -> None:
    responses = [part["functionResponse"] for part in parts if "functionResponse" in part]
    first = all("functionResponse" in part for part in parts[: len(responses)])
    demand(len(responses) == len(calls), f"{where}: as many function responses as there are function calls")
    demand(first, f"{where}: function responses must come first")
    for response, call in zip(responses, calls, strict=True):
        only(response, ("name", "id", "response", *(("parts",) if since_3 else ())), where)
        for key in ("name", "id"):
            demand(
                response.get(key) == call.get(key), f"{where}: {key} of the response is not that of the call"
            )
        demand(isinstance(response["response"], dict), f"{where}: response is no object")
        for part in response.get("parts", ()):
            only(part, ("inlineData",), where)
            _file(part["inlineData"], where)
    for part in parts[len(responses) :]:
        only(part, ("text",) if "text" in part else ("inlineData",), where)
        if "text" in part:
            demand(is_said(part["text"]), f"{where}: blank text")
        else:
            _file(part["inlineData"], where)


def _of_model(parts: Sequence[Part], where: str, *, since_3: bool) -> Iterator[Part]:
    first = True
    for part in parts:
        only(part, ("text", "thought", "functionCall", "thoughtSignature"), where)
        demand(("text" in part) != ("functionCall" in part), f"{where}: a part holds one thing")
        signature = part.get("thoughtSignature")
        demand("thoughtSignature" not in part or is_said(signature), f"{where}: signature {signature!r}")
        if "text" in part:
            demand(signature or is_said(part["text"]), f"{where}: blank text")
            demand("thought" not in part or signature, f"{where}: reasoning without a signature")
            continue
        call = part["functionCall"]
        only(call, ("name", "args", "id"), where)
        demand(NAME.fullmatch(call["name"]), f"{where}: name {call['name']!r}")
        demand(isinstance(call["args"], dict), f"{where}: args")
        demand("id" not in call or call["id"], f"{where}: empty id")
        demand(signature or not (first and since_3), f"{where}: Function call is missing a thought_signature")
        first = False
        yield call


def _file(data: Mapping[str, str], where: str) -> None:
    only(data, ("mimeType", "data"), where)
    demand(data["mimeType"] in FILES, f"{where}: Unsupported MIME type: {data['mimeType']}")
    demand(is_base64(data["data"]), f"{where}: no base64")


def _tools(tools: Any) -> None:
    if tools is None:
        return
    declared = [each for tool in tools for each in tool["functionDeclarations"]]
    names = [each["name"] for each in declared]
    demand(names, "tools must not be empty")
    demand(len(names) == len(set(names)), "names of tools must be unique")
    for each in declared:
        known = ("name", "description", "parametersJsonSchema", "parameters_json_schema")
        only(each, known, "functionDeclarations")
        demand(NAME.fullmatch(each["name"]), f"name of a tool: {each['name']!r}")
        if (schema := each.get("parametersJsonSchema")) is not None:
            demand(schema["type"] == "object" and schema["properties"], f"{each['name']}: empty parameters")
            _schema(schema, each["name"])


def _schema(schema: Any, where: str) -> None:
    if isinstance(schema, bool):
        return
    demand(isinstance(schema, dict), f"{where}: a schema is {schema!r}")
    if "$ref" in schema:
        only(schema, ("$ref",), where)
        return
    only(schema, KEYWORDS, where)
    kinds = schema.get("type", [])
    demand(set([kinds] if isinstance(kinds, str) else kinds) <= TYPES, f"{where}: type {kinds!r}")
    for key in schema.get("required", ()):
        demand(key in schema.get("properties", ()), f"{where}: required {key!r} is not defined")
    for key in ("items", "additionalProperties"):
        if key in schema:
            _schema(schema[key], f"{where}.{key}")
    for key in ("properties", "$defs"):
        for name, each in schema.get(key, {}).items():
            _schema(each, f"{where}.{name}")
    for key in ("anyOf", "prefixItems"):
        for each in schema.get(key, ()):
            _schema(each, f"{where}.{key}")


def _config(config: Mapping[str, Any], model: str, *, since_3: bool) -> None:
    only(config, ("maxOutputTokens", "thinkingConfig", "temperature"), "generationConfig")
    demand(config.get("maxOutputTokens", 1) > 0, "maxOutputTokens")
    if (thinking := config.get("thinkingConfig")) is None:
        return
    only(thinking, ("includeThoughts", "thinkingLevel" if since_3 else "thinkingBudget"), "thinkingConfig")
    if since_3:
        demand(thinking["thinkingLevel"] in ("MINIMAL", "LOW", "MEDIUM", "HIGH"), "thinkingLevel")
    else:
        most = 32_768 if "pro" in model else 24_576
        demand(128 <= thinking["thinkingBudget"] <= most, "thinkingBudget")
