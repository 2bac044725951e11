-- What a program that knew only the first migration may have left, under the master key of the bytes 0 to 31: what it has
-- sealed is bound to owner, name and key, and to no hosts.

INSERT INTO vault_entries VALUES
    ('', 'GITHUB_TOKEN', '8acf76d78ebe81a8',
     x'483fc5c714ce91b8b51e6091',
     x'8d74771910b1bbff4c937f42ac5b0972403665e1d53518438c09a2d30d3d',
     'api.github.com evil.example', '2026-11-28T10:00:00+00:00', '2026-11-28T10:00:00+00:00', NULL),
    ('', 'HOME_TOKEN', '8acf76d78ebe81a8',
     x'8d39a7eb9e3a3f2176c1bca8',
     x'9939d2a9b070f349dda989004385fe6386691c8244909d9ef42b86ad42',
     'home.example.com', '2026-11-28T10:00:00+00:00', '2026-11-28T10:00:00+00:00', NULL),
    ('ada', 'AWS_SECRET_ACCESS_KEY', '8acf76d78ebe81a8',
     x'c80a28a071d560fa7f9a9788',
     x'51c92dfe0e0636db785b427eb8e766427861e869057e475b5b2894',
     's3.amazonaws.com *', '2026-11-28T10:00:00+00:00', '2026-11-28T10:00:00+00:00', NULL);
