/** What does metering a relayed Gemini stream cost an event? */
import { benchMeter } from './meter.ts'

benchMeter('gemini')
