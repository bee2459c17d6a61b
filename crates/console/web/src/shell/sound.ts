/** Two soft tones, made here: no file has to be loaded. */
const TONES_HZ = [659, 880];
const TONE_S = 0.16;
const LOUDNESS = 0.12;

let context: AudioContext | undefined;

/** Silent until somebody has touched the page: browsers want it so. */
export function ring(): void {
  context ??= new AudioContext();
  if (context.state === "suspended") {
    void context.resume();
    return;
  }
  for (const [i, tone] of TONES_HZ.entries()) play(context, tone, context.currentTime + i * TONE_S);
}

function play(on: AudioContext, tone: number, at: number): void {
  const [oscillator, gain] = [on.createOscillator(), on.createGain()];
  oscillator.frequency.value = tone;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(LOUDNESS, at + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0001, at + TONE_S * 1.8);
  oscillator.connect(gain).connect(on.destination);
  oscillator.start(at);
  oscillator.stop(at + TONE_S * 2);
}
