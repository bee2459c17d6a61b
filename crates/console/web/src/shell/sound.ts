/** The alert: two synthesized tones, so that no sound file is needed. */
const TONES_HZ = [659, 880];
const TONE_S = 0.16;
const GAIN = 0.12;

let context: AudioContext | undefined;

/** Plays the alert. Browsers keep it silent until the user has interacted with the page. */
export function ring(): void {
  context ??= new AudioContext();
  if (context.state === "suspended") {
    void context.resume();
    return;
  }
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
