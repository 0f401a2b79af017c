// Every sentence of the interface, in the order of LANGUAGES. No-break spaces in French are put in by `translate`.

export const LANGUAGES = ["fr", "en", "ar"];
export const NAMES = { fr: "Français", en: "English", ar: "العربية" };

const TABLE = {
  language: ["Langue", "Language", "اللغة"],
  headline: ["Vos documents répondent, mot pour mot", "Your documents answer, word for word", "وثائقك تجيب بنصّها"],
  lead: [
    "Posez une question : la réponse est une citation exacte de vos documents, avec sa source, ou l’aveu qu’ils n’en disent rien.",
    "Ask a question: the answer is an exact quote from your documents, with its source, or a plain statement that they do not say.",
    "اطرح سؤالًا: الجواب اقتباس حرفي من وثائقك مع مصدره، أو إقرار صريح بأنها لا تذكره."],
  page: ["page {page}", "page {page}", "الصفحة {page}"],
  original: ["Document d’origine", "Original document", "الوثيقة الأصلية"],
  failed: ["Cela n’a pas abouti.", "That did not work.", "لم تنجح العملية."],
  unreachable: [
    "Le serveur ne répond pas. Vérifiez qu’il est en marche, puis réessayez.",
    "The server does not reply. Check that it is running, then try again.",
    "الخادم لا يستجيب. تحقّق من أنه يعمل ثم أعد المحاولة."],
  tooLarge: [
    "Ces fichiers sont trop lourds pour être envoyés ensemble. Envoyez-en moins à la fois.",
    "These files are too large to be sent together. Send fewer at a time.",
    "هذه الملفات أكبر من أن تُرسل معًا. أرسل عددًا أقل في كل مرة."],
  unavailable: [
    "Le service est momentanément indisponible. Réessayez dans un instant.",
    "The service is unavailable for the moment. Try again shortly.",
    "الخدمة غير متاحة مؤقتًا. أعد المحاولة بعد قليل."],
  unexpected: ["Le serveur a répondu par le statut {status}.", "The server replied with status {status}.", "ردّ الخادم بالحالة {status}."],
  retry: ["Réessayer", "Try again", "أعد المحاولة"],
  documents: ["Documents", "Documents", "الوثائق"],
  noDocuments: [
    "Aucun document pour l’instant. Ajoutez-en un pour commencer.",
    "No document yet. Add one to begin.", "لا توجد وثائق بعد. أضف وثيقة للبدء."],
  more: ["Afficher la suite", "Show more", "عرض المزيد"],
  length: ["{count} caractères", "{count} characters", "عدد الأحرف: {count}"],
  pages: ["pages : {count}", "pages: {count}", "الصفحات: {count}"],
  add: ["Ajouter des documents", "Add documents", "أضف وثائق"],
  drop: ["ou déposez-les ici : PDF, Word, Excel, HTML, courriel, texte…", "or drop them here: PDF, Word, Excel, HTML, e-mail, text…",
    "أو أفلتها هنا: PDF أو Word أو Excel أو HTML أو بريد أو نص…"],
  sending: ["Envoi…", "Sending…", "جارٍ الإرسال…"],
  progress: ["Traitement : {done} sur {total}", "Processing: {done} of {total}", "المعالجة: {done} من {total}"],
  finished: ["Terminé : {done} sur {total}", "Finished: {done} of {total}", "انتهى: {done} من {total}"],
  added: ["Ajouté", "Added", "أُضيف"],
  replaced: ["Remplacé", "Replaced", "استُبدل"],
  unchanged: ["Inchangé", "Unchanged", "بلا تغيير"],
  refused: ["Refusé", "Refused", "مرفوض"],
  dismiss: ["Masquer", "Dismiss", "إخفاء"],
  delete: ["Supprimer", "Delete", "حذف"],
  deleteThis: ["Supprimer ce document ?", "Delete this document?", "أتريد حذف هذه الوثيقة؟"],
  deleteFully: [
    "Il ne sera plus trouvé ni cité. C’est irréversible.", "It will no longer be found or quoted. This cannot be undone.",
    "لن يُعثر عليها ولن تُقتبس بعد ذلك. لا رجعة في هذا."],
  deleted: ["Document supprimé.", "Document deleted.", "حُذفت الوثيقة."],
  cancel: ["Annuler", "Cancel", "إلغاء"],
  back: ["Poser une question", "Ask a question", "اطرح سؤالًا"],
  reference: ["API", "API", "API"],
  loading: ["Chargement…", "Loading…", "جارٍ التحميل…"],
  cited: ["Passage cité : caractères {start} à {end}", "Cited passage: characters {start} to {end}",
    "المقطع المقتبس: الأحرف من {start} إلى {end}"],
  goToCited: ["Aller au passage", "Go to the passage", "انتقل إلى المقطع"],
  outside: [
    "Le lien désigne les caractères {start} à {end}, qui n’existent pas : le texte en compte {length}. Le voici en entier.",
    "The link points to characters {start} to {end}, which do not exist: the text has {length}. Here it is in full.",
    "يشير الرابط إلى الأحرف من {start} إلى {end}، وهي غير موجودة: طول النص {length}. هذا هو كاملًا."],
  older: [
    "Vous lisez la version citée ; le document a changé depuis.", "You are reading the cited version; the document has changed since.",
    "تقرأ النسخة المقتبسة؛ وقد تغيّرت الوثيقة بعدها."],
  current: ["Lire la version actuelle", "Read the current version", "اقرأ النسخة الحالية"],
  forgotten: [
    "La version citée n’est plus conservée. Voici la version actuelle, sans surlignage.",
    "The cited version is no longer kept. Here is the current one, without a highlight.",
    "لم تعد النسخة المقتبسة محفوظة. هذه هي النسخة الحالية دون تظليل."],
  gone: ["Ce document n’est plus ici : il a été supprimé, ou le lien est incomplet.",
    "This document is not here any more: it was deleted, or the link is incomplete.",
    "لم تعد هذه الوثيقة هنا: إما أنها حُذفت أو أن الرابط ناقص."],
};

// Questions that the seed documents answer; each is offered while its document is in the library.
export const SUGGESTIONS = [
  { document: "usine-btr-tanger", question: "Combien d’emplois directs le projet va-t-il créer ?" },
  { document: "usine-btr-tanger", question: "Quand la première phase du projet sera-t-elle opérationnelle ?" },
  { document: "usine-btr-tanger", question: "Quel est le montant du projet BTR ?" },
  { document: "operator-guide", question: "What is the default port of the server?" },
  { document: "dalil-extrait", question: "هل يلزم الخدمةَ اتصالٌ بالإنترنت؟" },
];

/** French spacing: a narrow space before ; ! ? : and inside « », which breaks no line. */
const typeset = (text) => text.replace(/ ([;!?:»])/g, "\u202f$1").replace(/« /g, "«\u202f");

/** The sentence for a key; numbers are written the way the language does. */
export function translate(language, key, values = {}) {
  const template = TABLE[key][LANGUAGES.indexOf(language)];
  const filled = (_, name) => {
    const value = values[name];
    return typeof value === "number" ? value.toLocaleString(language) : value;
  };
  return (language === "fr" ? typeset(template) : template).replace(/\{(\w+)\}/g, filled);
}
