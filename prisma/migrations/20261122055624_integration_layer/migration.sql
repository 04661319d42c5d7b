-- CreateEnum
CREATE TYPE "call_effect" AS ENUM ('READ', 'WRITE');

-- CreateEnum
CREATE TYPE "circuit_state" AS ENUM ('CLOSED', 'OPEN', 'HALF_OPEN');

-- CreateEnum
CREATE TYPE "metric_resolution" AS ENUM ('MINUTE', 'HOUR');

-- CreateEnum
CREATE TYPE "alert_severity" AS ENUM ('WARNING', 'CRITICAL');

-- AlterEnum
ALTER TYPE "outbox_kind" ADD VALUE 'ALERT';

-- AlterTable
ALTER TABLE "operation" ADD COLUMN     "correlation_id" UUID;

-- AlterTable
ALTER TABLE "outbox_message" ADD COLUMN     "bound_at" TIMESTAMPTZ(3),
ADD COLUMN     "correlation_id" UUID;

-- AlterTable
ALTER TABLE "webhook_event" ADD COLUMN     "operation_id" UUID;

-- CreateTable
CREATE TABLE "integration_circuit" (
    "provider" TEXT NOT NULL,
    "mode" "provider_mode" NOT NULL,
    "effect" "call_effect" NOT NULL,
    "state" "circuit_state" NOT NULL DEFAULT 'CLOSED',
    "epoch" INTEGER NOT NULL DEFAULT 0,
    "since" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "cause" TEXT,
    "probe_at" TIMESTAMPTZ(3),
    "probe_owner" UUID,
    "probe_lease_until" TIMESTAMPTZ(3),
    "throttled_until" TIMESTAMPTZ(3),

    CONSTRAINT "integration_circuit_pkey" PRIMARY KEY ("provider","mode","effect")
);

-- CreateTable
CREATE TABLE "integration_circuit_slot" (
    "provider" TEXT NOT NULL,
    "mode" "provider_mode" NOT NULL,
    "effect" "call_effect" NOT NULL,
    "epoch" INTEGER NOT NULL,
    "slot" BIGINT NOT NULL,
    "calls" INTEGER NOT NULL,
    "failures" INTEGER NOT NULL,

    CONSTRAINT "integration_circuit_slot_pkey" PRIMARY KEY ("provider","mode","effect","epoch","slot")
);

-- CreateTable
CREATE TABLE "integration_transition" (
    "id" UUID NOT NULL,
    "provider" TEXT NOT NULL,
    "mode" "provider_mode" NOT NULL,
    "effect" "call_effect" NOT NULL,
    "from" "circuit_state" NOT NULL,
    "to" "circuit_state" NOT NULL,
    "cause" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "integration_transition_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "integration_metric" (
    "provider" TEXT NOT NULL,
    "mode" "provider_mode" NOT NULL,
    "effect" "call_effect" NOT NULL,
    "resolution" "metric_resolution" NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "outcome" TEXT NOT NULL,
    "is_retry" BOOLEAN NOT NULL,
    "bucket" SMALLINT NOT NULL,
    "count" INTEGER NOT NULL,

    CONSTRAINT "integration_metric_pkey" PRIMARY KEY ("provider","mode","effect","resolution","at","outcome","is_retry","bucket")
);

-- CreateTable
CREATE TABLE "integration_status" (
    "provider" TEXT NOT NULL,
    "mode" "provider_mode" NOT NULL,
    "effect" "call_effect" NOT NULL,
    "last_success_at" TIMESTAMPTZ(3),
    "last_failure_at" TIMESTAMPTZ(3),
    "last_failure_kind" TEXT,
    "last_failure_operation" TEXT,
    "last_failure_request_id" TEXT,
    "last_failure_status" INTEGER,
    "quota_limit" INTEGER,
    "quota_remaining" INTEGER,
    "quota_resets_at" TIMESTAMPTZ(3),
    "quota_seen_at" TIMESTAMPTZ(3),

    CONSTRAINT "integration_status_pkey" PRIMARY KEY ("provider","mode","effect")
);

-- CreateTable
CREATE TABLE "alert" (
    "cause" TEXT NOT NULL,
    "severity" "alert_severity" NOT NULL,
    "summary" TEXT NOT NULL,
    "told_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "seen" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "alert_pkey" PRIMARY KEY ("cause")
);

-- CreateIndex
CREATE INDEX "integration_transition_mode_at_idx" ON "integration_transition"("mode", "at");

-- CreateIndex
CREATE INDEX "integration_transition_provider_mode_at_idx" ON "integration_transition"("provider", "mode", "at");

-- CreateIndex
CREATE INDEX "integration_metric_resolution_at_idx" ON "integration_metric"("resolution", "at");

-- CreateIndex
CREATE INDEX "alert_last_seen_at_idx" ON "alert"("last_seen_at");

-- CreateIndex
CREATE INDEX "webhook_event_provider_received_at_idx" ON "webhook_event"("provider", "received_at");
