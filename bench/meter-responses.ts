/** What does metering a relayed Responses stream cost an event? */
import { benchMeter } from './meter.ts'

benchMeter('responses')
