const STORED_VOICE = 'rostro.voice';

/** Speaks the instructions, unless the reader has muted it. */
export class Voice {
  /** @param {string} language */
  constructor(language) {
    this.language = language;
  }

  /** Whether this browser can speak. */
  get exists() {
    return 'speechSynthesis' in window;
  }

  get isOn() {
    return localStorage.getItem(STORED_VOICE) !== 'off';
  }

  set isOn(on) {
    localStorage.setItem(STORED_VOICE, on ? 'on' : 'off');
    if (!on) this.stop();
  }

  /** Instead of what is being said. @param {string} text */
  say(text) {
    this.stop();
    if (!this.exists || !this.isOn || text === '') return;
    const spoken = new SpeechSynthesisUtterance(text);
    spoken.lang = this.language;
    window.speechSynthesis.speak(spoken);
  }

  stop() {
    if (this.exists) window.speechSynthesis.cancel();
  }
}
