const LIST =
  'smile 😄 smiley 😃 grinning 😀 grin 😁 joy 😂 laughing 😆 wink 😉 blush 😊 sunglasses 😎 thinking_face 🤔 thinking 🤔 neutral_face 😐 cry 😢 sob 😭 ' +
  'scream 😱 rage 😡 angry 😠 sweat_smile 😅 confused 😕 disappointed 😞 heart ❤️ broken_heart 💔 thumbsup 👍 +1 👍 thumbsdown 👎 -1 👎 ok_hand 👌 ' +
  'clap 👏 wave 👋 pray 🙏 muscle 💪 raised_hands 🙌 eyes 👀 point_right 👉 point_left 👈 point_up ☝️ point_down 👇 fire 🔥 boom 💥 zap ⚡ star ⭐ ' +
  'star2 🌟 sparkles ✨ tada 🎉 rocket 🚀 100 💯 white_check_mark ✅ heavy_check_mark ✔️ ballot_box_with_check ☑️ x ❌ negative_squared_cross_mark ❎ ' +
  'heavy_multiplication_x ✖️ warning ⚠️ no_entry ⛔ no_entry_sign 🚫 rotating_light 🚨 stop_sign 🛑 octagonal_sign 🛑 red_circle 🔴 ' +
  'large_blue_circle 🔵 blue_circle 🔵 large_green_circle 🟢 green_circle 🟢 large_yellow_circle 🟡 yellow_circle 🟡 large_orange_circle 🟠 ' +
  'orange_circle 🟠 white_circle ⚪ black_circle ⚫ green_heart 💚 exclamation ❗ heavy_exclamation_mark ❗ question ❓ bangbang ‼️ interrobang ⁉️ ' +
  'information_source ℹ️ bell 🔔 no_bell 🔕 loudspeaker 📢 mega 📣 bulb 💡 mag 🔍 lock 🔒 unlock 🔓 key 🔑 hammer 🔨 wrench 🔧 ' +
  'hammer_and_wrench 🛠️ tools 🛠️ gear ⚙️ construction 🚧 package 📦 ship 🚢 truck 🚚 robot_face 🤖 robot 🤖 ghost 👻 alien 👽 skull 💀 ' +
  'monkey_face 🐵 dog 🐶 cat 🐱 bug 🐛 turtle 🐢 penguin 🐧 whale 🐳 snail 🐌 bee 🐝 beetle 🐞 snake 🐍 octopus 🐙 unicorn_face 🦄 coffee ☕ ' +
  'beer 🍺 pizza 🍕 cake 🍰 birthday 🎂 computer 💻 desktop_computer 🖥️ floppy_disk 💾 cd 💿 email 📧 envelope ✉️ inbox_tray 📥 outbox_tray 📤 ' +
  'memo 📝 pencil 📝 pencil2 ✏️ clipboard 📋 calendar 📅 date 📅 chart_with_upwards_trend 📈 chart_with_downwards_trend 📉 bar_chart 📊 ' +
  'pushpin 📌 round_pushpin 📍 link 🔗 paperclip 📎 scissors ✂️ hourglass ⌛ hourglass_flowing_sand ⏳ stopwatch ⏱️ timer_clock ⏲️ alarm_clock ⏰ ' +
  'watch ⌚ clock 🕐 arrow_up ⬆️ arrow_down ⬇️ arrow_left ⬅️ arrow_right ➡️ arrow_forward ▶️ arrows_counterclockwise 🔄 repeat 🔁 recycle ♻️ ' +
  'heavy_plus_sign ➕ heavy_minus_sign ➖ new 🆕 up 🆙 ok 🆗 sos 🆘 free 🆓 cool 🆒 snowflake ❄️ sunny ☀️ cloud ☁️ umbrella ☔ rainbow 🌈 ' +
  'earth_africa 🌍 globe_with_meridians 🌐 house 🏠 office 🏢 factory 🏭 hospital 🏥 bank 🏦 moneybag 💰 dollar 💵 credit_card 💳 gift 🎁 ' +
  'trophy 🏆 medal 🏅 checkered_flag 🏁 triangular_flag_on_post 🚩 speech_balloon 💬 thought_balloon 💭 zzz 💤 no_mouth 😶 see_no_evil 🙈 ' +
  'electric_plug 🔌 battery 🔋 satellite 📡 thermometer 🌡️ shield 🛡️ label 🏷️ bookmark 🔖 books 📚 book 📖 newspaper 📰 phone ☎️ iphone 📱';

const words = LIST.split(' ');
const EMOJI: ReadonlyMap<string, string> = new Map(words.flatMap((word, i) => (i % 2 === 0 ? [[word, words[i + 1] ?? '']] : [])));

const SHORTCODES = /(?<![\w:/.])(?::[a-z0-9_+-]{1,40}:){1,50}(?![\w:/])/g;

/** Shortcodes such as `:rocket:` as the emoji they stand for; those not known, and what is part of a word, stay. */
export const withEmoji = (text: string): string =>
  text.includes(':') ? text.replace(SHORTCODES, (all) => all.replace(/:([^:]+):/g, (one, name: string) => EMOJI.get(name) ?? one)) : text;

/** One emoji, given as itself or by its shortcode with or without colons; undefined for a name not known. */
export function emojiIn(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 60) return undefined;
  const name = value.trim().replace(/^:|:$/g, '');
  return EMOJI.get(name) ?? (/^\p{Extended_Pictographic}/u.test(name) ? name.slice(0, 16) : undefined);
}
