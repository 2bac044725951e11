/** What is said instead of written: recorded here, put into words by the daemon, and written where it was begun. */

import { signal } from "@preact/signals";
import { t } from "../language/texts";
import { hush } from "./aloud";
import { announcement } from "./announcement";
import { toast } from "./toasts";

/** Milliseconds of one recording. */
export const LONGEST = 300_000;
/** What browsers record and transcribers understand, the best first. */
const TYPES = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4", "audio/webm"];
/** Bits a second: enough for speech. */
const BITS = 32_000;

/** What dictation is at: asking for the microphone, recording, or waiting for the words. */
export type Phase = "idle" | "asking" | "recording" | "hearing";

/** Puts a recording into words. */
export type Hear = (recording: Blob, signal: AbortSignal) => Promise<string>;

/** One recording, from when the button was pressed until its words are there. */
interface Take {
  readonly write: (words: string) => void;
  readonly stop: AbortController;
  recorder?: MediaRecorder;
}

/** There is one microphone, so there is one of these. */
export class Dictation {
  readonly phase = signal<Phase>("idle");
  /** When the recording began, epoch milliseconds. */
  readonly since = signal(0);
  private take: Take | null = null;
  private limit: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly hear: Hear) {}

  /** Begins to record. `write` is told the words. */
  async begin(write: (words: string) => void): Promise<void> {
    hush(); // no answer is to be recorded
    const take: Take = { write, stop: new AbortController() };
    this.take = take;
    this.phase.value = "asking";
    try {
      const sound = await microphone();
      if (this.take === take) this.record(take, sound);
      else release(sound); // it was cancelled while the browser asked
    } catch (error) {
      if (this.take === take) this.failed(refused(error));
    }
  }

  /** Ends the recording and has it put into words. */
  finish(): void {
    if (this.phase.value === "asking") this.cancel();
    else if (this.phase.value === "recording") this.take?.recorder?.stop();
  }

  /** Ends all of it; nothing is written. */
  cancel(): void {
    const { take } = this;
    if (take === null) return;
    this.end();
    take.stop.abort();
    take.recorder?.stop();
    announcement.value = t("Nothing was taken down");
  }

  private record(take: Take, sound: MediaStream): void {
    const type = TYPES.find((each) => MediaRecorder.isTypeSupported(each));
    const options = { audioBitsPerSecond: BITS, ...(type === undefined ? {} : { mimeType: type }) };
    const recorder = new MediaRecorder(sound, options);
    const pieces: Blob[] = [];
    recorder.ondataavailable = ({ data }) => pieces.push(data);
    recorder.onstop = () => {
      release(sound);
      if (this.take === take) void this.understand(take, new Blob(pieces, { type: recorder.mimeType }));
    };
    take.recorder = recorder;
    recorder.start();
    this.phase.value = "recording";
    this.since.value = Date.now();
    this.limit = setTimeout(() => {
      toast(t("Five minutes are recorded at most: what was said is written down."));
      this.finish();
    }, LONGEST);
    announcement.value = t("Recording. Press again when you are done; Escape takes nothing down.");
  }

  private async understand(take: Take, recording: Blob): Promise<void> {
    clearTimeout(this.limit);
    this.phase.value = "hearing";
    announcement.value = t("What you said is being put into words");
    try {
      const words = await this.hear(recording, take.stop.signal);
      if (this.take !== take) return;
      this.end();
      take.write(words);
      announcement.value = t("Written: {words}", { words });
    } catch (error) {
      if (this.take === take) this.failed(error instanceof Error ? error.message : String(error));
    }
  }

  private failed(why: string): void {
    this.end();
    toast(why);
  }

  private end(): void {
    clearTimeout(this.limit);
    this.take = null;
    this.phase.value = "idle";
  }
}

/** The microphone, once the person has allowed it. */
async function microphone(): Promise<MediaStream> {
  // Browsers hide it from pages that came over plain HTTP from another machine.
  const devices = (navigator as Partial<Navigator>).mediaDevices;
  if (devices === undefined || typeof MediaRecorder === "undefined") throw new Unsupported();
  return devices.getUserMedia({ audio: true });
}

/** The browser gives no page like this one a microphone. */
class Unsupported extends Error {}

function release(sound: MediaStream): void {
  for (const track of sound.getTracks()) track.stop();
}

/** Why there is no microphone, for people. */
function refused(error: unknown): string {
  if (error instanceof Unsupported)
    return t("The browser gives the microphone only to pages over https, or on the machine itself.");
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError")
    return t("The browser does not let this page use the microphone. It can be allowed beside the address.");
  if (name === "NotFoundError") return t("There is no microphone.");
  return t("The microphone cannot be used: {reason}", { reason: String(error) });
}

/** A text with words put where something is selected, and where they end. Between words there is one space. Pure. */
export function inserted(text: string, start: number, end: number, words: string): [string, number] {
  const before = text.slice(0, start);
  const after = text.slice(end);
  const left = before === "" || /\s$/.test(before) ? "" : " ";
  const right = after === "" || /^[\s.,;:!?)]/.test(after) ? "" : " ";
  const put = `${left}${words}`;
  return [`${before}${put}${right}${after}`, before.length + put.length];
}
