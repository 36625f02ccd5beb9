import { describeKafka } from './event-log-kafka.ts'

describeKafka('kafkajs')
