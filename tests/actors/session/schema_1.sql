-- What a program that knew only the first migration may have left.

INSERT INTO sessions (id, user_id, channel, channel_key, title, created_at, last_message_at, message_count, last_event,
                      context_tokens)
VALUES ('s1', 'ada', 'main', 'garden', 'Roses', 1, 900, 5, 40, 70),
       ('s2', 'admin', 'telegram', '42', 'Hi', 1, 900, 1, 9, 0);

INSERT INTO turns (seq, id, session_id, user_id, source, client_message_id, text, attachments, model, mode, accepted_at,
                   state, attempt, released, boot_id, merged_into, finished_at, outcome)
VALUES (1, 't1', 's1', 'ada', 'web', 'm1', 'look', '[]', 'test/one', 'inject', 10, 'done', 1, 0, 'b0', NULL, 90, 'success'),
       (2, 't2', 's1', 'ada', 'web', NULL, 'wait', '[]', NULL, 'inject', 20, 'merged', 0, 0, NULL, 't1', 60, NULL),
       (3, 't3', 's2', 'admin', 'telegram', NULL, 'hi', '[]', NULL, 'queue', 30, 'failed', 3, 0, 'b0', NULL, 80, 'parked'),
       (4, 't4', 's1', 'ada', 'cli', NULL, 'delete it', '[]', 'test/two', 'inject', 95, 'running', 2, 1, 'b0', NULL, NULL,
        NULL),
       (5, 't5', 's1', 'ada', 'cli', NULL, 'and then', '[]', NULL, 'queue', 99, 'accepted', 0, 0, NULL, NULL, NULL, NULL);

INSERT INTO steps (id, session_id, turn_id, n, kind, state, content, call_id, tool, effect, result, is_error, started_at,
                   ended_at)
VALUES
    (1, 's1', 't1', 0, 'user', 'done', '[{"turn":"t1","text":"look","attachments":[],"at":10}]', NULL, NULL, NULL, NULL,
     NULL, 11, 11),
    (2, 's1', 't1', 1, 'assistant', 'done', '[{"text":"I look","type":"text"}]', NULL, NULL, NULL, NULL, NULL, 12, 12),
    (3, 's1', 't1', 2, 'tool', 'done', '{"id":"a","name":"FileRead","input":{"path":"x"},"unreadable":null,"type":"tool_use"}',
     'a', 'FileRead', 'pure', '{"content":[{"text":"found","type":"text"}],"attachments":[]}', 0, 12, 50),
    (4, 's1', 't1', 3, 'user', 'done', '[{"turn":"t2","text":"wait","attachments":[],"at":20}]', NULL, NULL, NULL, NULL,
     NULL, 60, 60),
    (5, 's1', 't1', 4, 'assistant', 'done', '[{"text":"hello","type":"text"}]', NULL, NULL, NULL, NULL, NULL, 90, 90),
    (6, 's2', 't3', 0, 'user', 'done', '[{"turn":"t3","text":"hi","attachments":[],"at":30}]', NULL, NULL, NULL, NULL,
     NULL, 31, 31),
    (7, 's2', 't3', 1, 'notice', 'done', 'given up', NULL, NULL, NULL, NULL, NULL, 80, 80),
    (8, 's1', 't4', 0, 'user', 'done', '[{"turn":"t4","text":"delete it","attachments":[],"at":95}]', NULL, NULL, NULL,
     NULL, NULL, 96, 96),
    (9, 's1', 't4', 1, 'assistant', 'done', '[]', NULL, NULL, NULL, NULL, NULL, 97, 97),
    (10, 's1', 't4', 2, 'tool', 'intent', '{"id":"b","name":"FileDelete","input":{},"unreadable":null,"type":"tool_use"}',
     'b', 'FileDelete', 'unsafe', NULL, NULL, 97, NULL);

INSERT INTO compactions (session_id, turn_id, at, trigger, pre_tokens, summary, messages_compacted, first_step, last_step)
VALUES ('s1', 't1', 91, 'auto', 100, 'so far', 1, 2, 5);

INSERT INTO usage (session_id, turn_id, user_id, purpose, model, input_tokens, output_tokens, cache_read_tokens,
                   cache_write_tokens, cost_usd, at)
VALUES ('s1', 't1', 'ada', 'completion', 'test/one', 10, 5, 0, 0, 0.5, 12);

INSERT INTO outbox (turn_id, channel, key, body, state, attempt, next_at, boot_id)
VALUES ('t3', 'telegram', 'k1', '{"text":"x"}', 'sending', 1, 80, 'b0'), (NULL, 'telegram', 'k2', '{}', 'pending', 0, 81,
        NULL);
