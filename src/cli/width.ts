/** Characters that take two columns of a terminal: East Asian ones, and pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** Columns that the text takes on a terminal, about: terminals differ. */
export function widthOf(text: string): number {
  let width = 0
  for (const { segment } of graphemes.segment(text)) width += WIDE.test(segment) ? 2 : 1
  return width
}

/** The text in so many columns at most; `…` stands for what is left out. */
export function fitTo(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  let [fitting, width] = ['', 0]
  for (const { segment } of graphemes.segment(text)) {
    width += widthOf(segment)
    if (width > columns - 1) break
    fitting += segment
  }
  return `${fitting}…`
}
