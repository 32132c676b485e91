/** What does metering a relayed Messages stream cost an event? */
import { benchMeter } from './meter.ts'

benchMeter('messages')
