import { AsyncLocalStorage } from 'node:async_hooks';

/** The languages of the interface: BCP 47. The texts in the source are English; lib/language/<language>/ has a catalogue of each other language. */
export const LANGUAGES = ['en', 'fr'] as const;
export type Language = (typeof LANGUAGES)[number];

/** How each language calls itself. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: 'English', fr: 'Français' };

// The language of the current asynchronous context, which a request learns only after it has begun. Not shared state.
const current = new AsyncLocalStorage<{ language: Language }>();

/** The language that texts are written in now. English without a reader: for the log, the command line and programs. */
export const currentLanguage = (): Language => current.getStore()?.language ?? 'en';

/** Runs `work`, and what it starts, in a language. */
export const inLanguage = <T>(language: Language, work: () => T): T => current.run({ language }, work);

/** Sets the language for what the innermost `inLanguage` still runs. */
export function setLanguage(language: Language): void {
  const store = current.getStore();
  if (store) store.language = language;
}

export const isLanguage = (text: string | undefined): text is Language => (LANGUAGES as readonly (string | undefined)[]).includes(text);
