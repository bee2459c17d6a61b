/** The alert: two synthesized tones, so that no sound file is needed. */

const TONES_HZ = [659, 880];
const TONE_S = 0.16;
const GAIN = 0.12;
/** An alert that the browser could not play for longer is dropped. */
const LATE_MS = 2_000;

let context: AudioContext | undefined;
let isResuming = false;

/**
 * Plays the alert. Browsers keep it silent until the user has interacted with the page, and iOS
 * interrupts or closes the context, for example during a call.
 */
export function ring(): void {
  if (!context || context.state === "closed") context = new AudioContext();
  if (context.state === "running") playAll(context);
  else if (!isResuming) void resume(context);
}

async function resume(context: AudioContext): Promise<void> {
  isResuming = true;
  const since = performance.now();
  try {
    await context.resume();
    if (performance.now() - since < LATE_MS) playAll(context);
  } catch {
    // Closed meanwhile: the next alert opens another one.
  }
  isResuming = false;
}

function playAll(context: AudioContext): void {
  for (const [i, tone] of TONES_HZ.entries()) play(context, tone, context.currentTime + i * TONE_S);
}

function play(context: AudioContext, tone: number, at: number): void {
  const [oscillator, gain] = [context.createOscillator(), context.createGain()];
  oscillator.frequency.value = tone;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(GAIN, at + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0001, at + TONE_S * 1.8);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + TONE_S * 2);
}
