/** Quiet, a little proud of its subject, and not all ASCII. */
export const STORY = `Below the village of Löwenbrück a mill stood by a stream. The stream was young and in a hurry; the mill was old and had time.

“Wait,” said the mill, “you bring me more water than I can grind with.”

“I cannot wait,” said the stream. “Waiting is what ponds do.”

So Žofie, the miller, cut a race: a narrow channel of oak with a gate at either end. When the wheel was busy the gate came down, and the stream learned to linger; when the wheel ran light the gate went up, and not a drop was kept back. The stream still sang every note it had brought from the hills, in the order it had brought them, and the mill changed nothing about the water but its pace.

That evening the flour was as fine as snow. “Ça coule,” said the baker’s daughter, who came from far away, and drew a fish in it 🐟. The stream went on to the sea and told it everything, naïvely and to the last word. Nothing was lost on the way.`

export const THOUGHT =
  'A wheel turns as fast as the water comes. Say that the stream is never kept back — and say it in one breath.'

export const SHORT = 'The wheel turns when the water comes, and rests when it does not: c’est tout.'

export const TOOLS_DONE = 'Both answers are in: fair weather over the weir, and time enough for one more sack of flour.'

export const CUT_SHORT = 'Of all the mills along the river, the oldest is the one that'

export const REFUSAL = 'I’m sorry, but I cannot help to drain the mill pond.'
