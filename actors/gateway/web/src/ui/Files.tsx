import { bytes } from "../format";
import { rawUrl } from "../net/files";
import { isShown } from "../preview/kinds";
import type { Attachment } from "../protocol";
import { openHere } from "../state/opened";
import { Icon } from "./icons";

/** Kinds of pictures the gateway shows in place; it sends all others as downloads. */
const SHOWN: ReadonlySet<string> = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/** Files of a message: pictures as they are, others as a line that shows them or, where it cannot, downloads them. */
export function Files({ files, label }: { files: readonly Attachment[]; label: string }) {
  if (files.length === 0) return null;
  return (
    <ul class="files" aria-label={label}>
      {files.map((file) => (
        <li key={file.path}>
          {SHOWN.has(file.mime_type) ? <Picture file={file} /> : <Download file={file} />}
        </li>
      ))}
    </ul>
  );
}

function Picture({ file }: { file: Attachment }) {
  return (
    <a
      class="picture"
      href={rawUrl(file.path)}
      target="_blank"
      rel="noopener noreferrer"
      title={file.file_name}
      onClick={(event) => openHere(event, file.path)}
    >
      <img src={rawUrl(file.path)} alt={file.file_name} loading="lazy" />
    </a>
  );
}

function Download({ file }: { file: Attachment }) {
  return (
    <a
      class="chip"
      href={rawUrl(file.path)}
      download={file.file_name}
      onClick={(event) => isShown(file.path) && openHere(event, file.path)}
    >
      <Icon name="file" />
      <bdi class="cut">{file.file_name}</bdi>
      <small>{bytes(file.size)}</small>
    </a>
  );
}
