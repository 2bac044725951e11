import { useEffect, useState } from "preact/hooks";
import { bytes } from "../format";
import { n, t } from "../language/texts";
import { Code } from "../markdown/Code";
import { HomeFolder } from "../markdown/HomeLink";
import { Markdown } from "../markdown/Markdown";
import { beginningOf, rawUrl, type Beginning } from "../net/files";
import { TextButton } from "../ui/buttons";
import { textOf } from "./beginning";
import { kindOf, languageOf, nameOf, type Kind } from "./kinds";
import { separatorOf, tableOf } from "./table";

/** Bytes of a text that are shown. */
const MOST = 256 * 1024;

interface PreviewProps {
  /** From the agent's home on. */
  readonly path: string;
}

/** What is in a file, as far as it can be shown. Nothing of it runs but in a frame that reaches nothing. */
export function Preview({ path }: PreviewProps) {
  const kind = kindOf(path);
  return (
    <div class="preview-of" key={path}>
      {kind === "picture" ? <Picture path={path} /> : <Read path={path} kind={kind} />}
    </div>
  );
}

function Picture({ path }: PreviewProps) {
  const [failed, setFailed] = useState(false);
  if (failed) return <Failed path={path} />;
  return <img src={rawUrl(path)} alt={nameOf(path)} onError={() => setFailed(true)} />;
}

/** Says why a picture is not to be seen. */
function Failed({ path }: PreviewProps) {
  const found = useBeginning(path, 1);
  if (found === null) return <p class="quiet">{t("Loading…")}</p>;
  return (
    <p class="notice warning">
      {typeof found === "string" ? found : t("It is no picture that can be shown.")}
    </p>
  );
}

function Read({ path, kind }: PreviewProps & { kind: Kind }) {
  const found = useBeginning(path, kind === "pdf" ? 16 : MOST);
  if (found === null) return <p class="quiet">{t("Loading…")}</p>;
  if (typeof found === "string")
    return (
      <p class="notice warning" role="alert">
        {found}
      </p>
    );
  if (kind === "pdf") return <Pdf path={path} beginning={found} />;
  const text = textOf(found.data, found.data.length === found.size);
  if (text === null)
    return (
      <p class="quiet">{t("There is no preview of such a file ({size}).", { size: bytes(found.size) })}</p>
    );
  if (text === "") return <p class="quiet">{t("It is empty.")}</p>;
  return <Text path={path} kind={kind} text={text} size={found.size} shown={found.data.length} />;
}

/** The first bytes of a file, or why there are none; null until that is known. */
function useBeginning(path: string, most: number): Beginning | string | null {
  const [found, setFound] = useState<Beginning | string | null>(null);
  useEffect(() => {
    const failed = (error: unknown) => setFound(error instanceof Error ? error.message : String(error));
    beginningOf(path, most).then(setFound, failed);
  }, [path, most]);
  return found;
}

/** The browser's own viewer, which the answer of the gateway has shut off from the page. */
function Pdf({ path, beginning }: PreviewProps & { beginning: Beginning }) {
  if (!new TextDecoder().decode(beginning.data).startsWith("%PDF-"))
    return <p class="notice warning">{t("It is called a PDF, but it is none.")}</p>;
  return (
    <>
      {navigator.pdfViewerEnabled && <iframe class="pdf" src={rawUrl(path)} title={nameOf(path)} />}
      <p>
        <a href={rawUrl(path)} target="_blank" rel="noopener noreferrer">
          {t("Open the PDF in a tab of its own")}
        </a>
      </p>
    </>
  );
}

interface TextProps extends PreviewProps {
  readonly kind: Kind;
  readonly text: string;
  /** Bytes of the file, and those of them that the text is. */
  readonly size: number;
  readonly shown: number;
}

function Text({ path, kind, text, size, shown }: TextProps) {
  const [plain, setPlain] = useState(false);
  const whole = shown === size;
  return (
    <>
      {(kind === "markdown" || kind === "table") && (
        <TextButton onClick={() => setPlain(!plain)}>
          {plain ? t("Show what it looks like") : t("Show what is written")}
        </TextButton>
      )}
      {kind === "markdown" && !plain ? (
        <HomeFolder.Provider value={path.slice(0, Math.max(0, path.lastIndexOf("/")))}>
          <Markdown text={text} growing={false} />
        </HomeFolder.Provider>
      ) : kind === "table" && !plain ? (
        <Rows path={path} text={text} whole={whole} />
      ) : (
        <div class="markdown">
          <Code text={text} info={languageOf(path)} open={false} />
        </div>
      )}
      {!whole && (
        <p class="quiet">
          {t("This is the beginning, {shown} of {size}. Download it to see the rest.", {
            shown: bytes(shown),
            size: bytes(size),
          })}
        </p>
      )}
    </>
  );
}

function Rows({ path, text, whole }: { path: string; text: string; whole: boolean }) {
  const { rows, cut } = tableOf(text, separatorOf(path, text), whole);
  const [head = [], ...body] = rows;
  return (
    <>
      <div class="rows" role="region" aria-label={t("Table of {name}", { name: nameOf(path) })} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {head.map((cell, index) => (
                <th key={index} scope="col">
                  <bdi>{cell}</bdi>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {body.map((row, index) => (
              <tr key={index}>
                {row.map((cell, column) => (
                  <td key={column}>
                    <bdi>{cell}</bdi>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="quiet">
        {n(body.length, "{n} row", "{n} rows")}
        {cut && `. ${t("There is more in the file.")}`}
      </p>
    </>
  );
}
