/** What does metering a relayed Chat Completions stream cost an event? */
import { benchMeter } from './meter.ts'

benchMeter('chat')
